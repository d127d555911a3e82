//! Prints what the model checker finds: every state of the right protocol in each scene, and how each wrong
//! variant fails, with the way there.

use model::report::{Found, TRIALS, exhaust, try_out};
use model::scene::Name;
use model::{Scene, Variant};
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let only = std::env::args().nth(1).unwrap_or_default();
    let mut all_is_well = true;
    writeln!(out, "{:>9}  {:>9}  {:>5}  {:>6}", "states", "steps", "depth", "s")?;
    for scene in Name::ALL.into_iter().filter(|scene| scene.words().contains(&only)) {
        let found = exhaust(scene);
        all_is_well &= found.holds();
        line(&mut out, Variant::Right, scene, &found)?;
        let Scene { faults, repeats, .. } = Scene::of(scene);
        writeln!(
            out,
            "{:36}with {faults} faults and {repeats} repeats at most: {}",
            "",
            verdict(found.holds())
        )?;
        for missing in &found.missing {
            writeln!(out, "{:36}never happened: {missing}", "")?;
        }
        ways(&mut out, &found)?;
    }
    for trial in TRIALS.into_iter().filter(|trial| trial.variant.words().contains(&only)) {
        let found = try_out(trial);
        all_is_well &= found.fails_as(trial);
        line(&mut out, trial.variant, trial.scene, &found)?;
        ways(&mut out, &found)?;
    }
    Ok(if all_is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verdict(holds: bool) -> &'static str {
    if holds { "every property holds" } else { "it does not hold" }
}

fn line(out: &mut impl Write, variant: Variant, scene: Name, found: &Found) -> io::Result<()> {
    let (states, steps, depth) = (found.states, found.steps, found.depth);
    let (seconds, variant, scene) = (found.took.as_secs_f64(), variant.words(), scene.words());
    writeln!(out, "{states:>9}  {steps:>9}  {depth:>5}  {seconds:>6.1}  {variant}: {scene}")
}

/// Each counterexample, step by step.
fn ways(out: &mut impl Write, found: &Found) -> io::Result<()> {
    for (property, way) in &found.broken {
        writeln!(out, "{:36}BROKEN in {} steps: {property}", "", way.len())?;
        for step in way {
            writeln!(out, "{:38}{step}", "")?;
        }
    }
    Ok(())
}
