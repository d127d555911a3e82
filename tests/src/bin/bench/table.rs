//! What is printed.

use crate::Arguments;
use std::fmt::Write;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// What a ratio should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    AtLeast(f64),
    AtMost(f64),
    Nothing,
}

/// One line.
#[derive(Debug)]
pub(crate) struct Line {
    pub figure: String,
    pub ratio: f64,
    pub wanted: Wanted,
    pub measured: String,
    pub against: String,
}

/// All lines.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Line>);

impl Table {
    /// Adds lines, and shows them to whoever waits.
    pub(crate) fn extend(&mut self, lines: Vec<Line>) {
        for line in lines {
            eprintln!("{}", line.row());
            self.0.push(line);
        }
    }

    /// The whole, with how it was run.
    pub(crate) fn markdown(&self, arguments: &Arguments) -> String {
        let mut text =
            String::from("| figure | ratio | wanted | measured | against |\n|---|---|---|---|---|\n");
        for line in &self.0 {
            let _ = writeln!(text, "{}", line.row());
        }
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let _ = write!(
            text,
            "\nMedians of {} interleaved runs of {} s each. {} cores, shared by the load, the program and the \
             database; a flush of 8 KiB to the disk takes {} (median); program built with the profile `{}`.",
            arguments.reps,
            arguments.seconds,
            cores,
            shown(flush_time()),
            profile(),
        );
        text
    }
}

impl Line {
    fn row(&self) -> String {
        let wanted = match self.wanted {
            Wanted::AtLeast(bound) => format!("≥ {bound:.2}{}", mark(self.ratio >= bound)),
            Wanted::Nothing => "–".to_owned(),
            Wanted::AtMost(bound) => format!("≤ {bound:.2}{}", mark(self.ratio <= bound)),
        };
        let Self { figure, ratio, measured, against, .. } = self;
        format!("| {figure} | **{ratio:.2}** | {wanted} | {measured} | {against} |")
    }
}

fn mark(met: bool) -> &'static str {
    if met { " ✓" } else { " ✗" }
}

/// The directory that this program was built into.
fn profile() -> String {
    let here = std::env::current_exe().ok();
    let name = here.as_deref().and_then(|path| path.parent()?.file_name()?.to_str().map(str::to_owned));
    name.unwrap_or_default()
}

/// A time with a sensible unit.
pub(crate) fn shown(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1000.0 { format!("{micros:.0} µs") } else { format!("{:.1} ms", micros / 1000.0) }
}

/// The median; 0 of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// How long the disk takes to keep 8 KiB.
fn flush_time() -> Duration {
    let file = tempfile::tempfile();
    let mut file = file.expect("a temporary file");
    let times = (0..101).map(|_| {
        let begun = Instant::now();
        file.write_all(&[7; 8192]).and_then(|()| file.sync_data()).expect("the disk keeps it");
        begun.elapsed().as_secs_f64()
    });
    Duration::from_secs_f64(median(&times.collect::<Vec<_>>()))
}
