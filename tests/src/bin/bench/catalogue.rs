//! The public list of programmes, served from memory, against the smallest answer there is.

use crate::Arguments;
use crate::site::{CONNECTIONS, Site};
use crate::table::{Line, Wanted, median};
use harness::load::{Report, Until, closed_loop, request};
use harness::{Actor, Stage};
use serde_json::json;

const PROGRAMMES: usize = 20;
const LIST: &str = "/v1/programmes?limit=20";
const ALIVE: &str = "/health/live";

pub(crate) async fn list(arguments: &Arguments, stage: &Stage) -> Vec<Line> {
    let site = Site::open(stage, &[]).await;
    eprintln!("GET {LIST}, against GET {ALIVE}");
    fill(&site).await;
    let length = length_of(&site.world.anonymous()).await;
    let (mut lists, mut alive) = (Vec::new(), Vec::new());
    for _ in 0..arguments.reps {
        lists.push(rate(&site, LIST, arguments).await);
        alive.push(rate(&site, ALIVE, arguments).await);
    }
    vec![Line {
        figure: format!("`GET /v1/programmes`, {PROGRAMMES} items ({} KiB), 64 connections", length / 1024),
        ratio: median(&lists) / median(&alive),
        wanted: Wanted::AtLeast(1.0 / 3.0),
        measured: format!("{:.0}/s", median(&lists)),
        against: format!("`GET {ALIVE}`: {:.0}/s", median(&alive)),
    }]
}

async fn fill(site: &Site) {
    for number in 1..PROGRAMMES {
        let programme = site.world.programme_that(json!({
            "title": format!("Compassionate leadership training, edition {number}"),
            "topics": ["compassion", "leadership"],
        }));
        let programme = programme.await;
        site.world.cohort(&programme, json!({})).await;
    }
}

/// The answer's length, with all of the programmes in it.
async fn length_of(anybody: &Actor) -> usize {
    let list = anybody.get(LIST).await.ok();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(PROGRAMMES));
    list.to_string().len()
}

async fn rate(site: &Site, path: &str, arguments: &Arguments) -> f64 {
    let call = request("GET", path, &[], "");
    let until = Until::Elapsed(arguments.time());
    let report: Report = closed_loop(&[site.address()], CONNECTIONS, until, |_, _| call.clone()).await;
    assert_eq!(report.statuses.keys().collect::<Vec<_>>(), [&200], "{path}");
    eprintln!("  {path}: {:.0}/s", report.per_second());
    report.per_second()
}
