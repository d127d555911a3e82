//! Bugs planted one at a time in the real store and API (`domain::planted`), each to be found by the check that is
//! there for it; and the same checks on the program as it is.

use crate::program;
use domain::planted::Bug;
use futures::future::join_all;
use harness::property::Run;
use harness::proxy::{Fault, Proxy};
use harness::rush::{Rush, violations};
use harness::s2::participant;
use harness::{Kind, Server, Stage, World};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// What is there to find a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// Commands by chance beside the reference.
    Lists,
    /// Many at once over two servers, then the ledger, the places and what was seen.
    Storm,
    /// The same request at once on two servers.
    Twice,
    /// Bookings and attendances of the same people at once.
    Pairs,
    /// COMMITs that never arrive.
    LostCommits,
    /// A server killed amid a rush.
    Kill,
}

const CHECKS: [Check; 6] =
    [Check::Lists, Check::Storm, Check::Twice, Check::Pairs, Check::LostCommits, Check::Kill];

fn check_for(bug: Bug) -> Check {
    match bug {
        Bug::NoCohortLock | Bug::OwnClock => Check::Storm,
        Bug::NoPersonLock => Check::Pairs,
        Bug::KeyBeforeLock | Bug::KeyAfterCommit => Check::Twice,
        Bug::BelievesInCommit => Check::LostCommits,
        Bug::OutboxAfterCommit => Check::Kill,
        _ => Check::Lists,
    }
}

/// How often a check that depends on what meets what is repeated with a bug planted.
const ROUNDS: usize = 12;

/// What a check finds; `None` where there is no PostgreSQL for it, which the harness says.
fn found(check: Check, planted: &str, rounds: usize) -> Option<Vec<String>> {
    let settings = [("ACADEMY_PLANTED", planted)];
    if check == Check::Lists {
        let stage = Stage::new(&program(), Kind::Sqlite)?;
        let run = Run { histories: 96, shrinks: 0, ..Run::default() };
        return Some(run.on(&stage, &settings).err().into_iter().collect());
    }
    let stage = Stage::new(&program(), Kind::Postgres)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    Some(runtime.block_on(async {
        let world = stage.world(&settings).await;
        // A second server whose own clock is off, which must not matter.
        let with_bug =
            world.settings().with("ACADEMY_PLANTED", planted).with("ACADEMY_PROGRAM_CLOCK_OFFSET", "-60");
        let mut wrong = Vec::new();
        for round in 0..rounds {
            wrong.extend(match check {
                Check::Storm => storm(&world, &Arc::new(Server::start(with_bug.clone()).await)).await,
                Check::Twice => twice(&world, &Arc::new(Server::start(with_bug.clone()).await)).await,
                Check::Pairs => pairs(&world, &Arc::new(Server::start(with_bug.clone()).await)).await,
                Check::LostCommits => lost_commits(&world, planted).await,
                Check::Kill | Check::Lists => kill(&world, round).await,
            });
            if !wrong.is_empty() {
                break;
            }
        }
        wrong
    }))
}

async fn rush(world: &World, servers: &[&Arc<Server>], people: usize) -> Rush {
    Rush {
        cohort: world.plain_cohort(json!({"capacity": 20})).await,
        people,
        servers: servers.iter().map(|server| server.address()).collect(),
        token: world.partner().token().await.expect("a token"),
        label: harness::s2::fresh_slug("guest"),
    }
}

async fn storm(world: &World, second: &Arc<Server>) -> Vec<String> {
    let rush = rush(world, &[&world.server, second], 200).await;
    let attempts = rush.all_at_once().await;
    violations(world, &rush, &attempts, false).await
}

/// ADM-10: each of two equal requests gets the one answer, byte for byte.
async fn twice(world: &World, second: &Arc<Server>) -> Vec<String> {
    let cohort = world.plain_cohort(json!({"capacity": 10})).await;
    let path = format!("/v1/cohorts/{cohort}/bookings");
    let partner = world.partner();
    let calls = (0..30).map(|n| {
        let name = format!("{}-{n}", &cohort[24..]);
        let call = |server| {
            let body = json!({"participant": participant(&name)});
            partner.at(server).post(&path, body).key(&name).may_fail().into_future()
        };
        let (one, other) = (call(&world.server), call(second));
        async { futures::join!(one, other) }
    });
    let pairs = join_all(calls.collect::<Vec<_>>()).await;
    let differ = pairs
        .into_iter()
        .filter(|(one, other)| one.code() != 201 || other.code() != 201 || one.bytes() != other.bytes());
    differ.map(|(one, other)| format!("{}\n{}", one.described(), other.described())).collect()
}

/// ADM-2: whichever comes first, the booking or the attendance, the other sees it.
async fn pairs(world: &World, second: &Arc<Server>) -> Vec<String> {
    let programme = world.programme_that(json!({"requiresTaster": true})).await;
    let taster = world.taster(&programme, -2).await["id"].as_str().unwrap_or_default().to_owned();
    let cohort = world.cohort(&programme, json!({"capacity": 5})).await;
    let partner = world.partner().at(second);
    let calls = (0..60).map(|n| {
        let name = format!("{}-{n}", &cohort[24..]);
        let booked = partner.book_for(&cohort, &name).into_future();
        let taster = &taster;
        async move {
            let attended = async {
                let _ = world.attended(taster, &[&name]).await;
            };
            futures::join!(booked, attended).0
        }
    });
    let _ = join_all(calls.collect::<Vec<_>>()).await;
    let bookings = world.coordinator().all(&format!("/v1/cohorts/{cohort}/bookings")).await;
    let unseen = bookings.iter().filter(|booking| booking["status"] == "pending");
    unseen.map(|booking| format!("an open gate that nobody saw: {booking:#}")).collect()
}

/// ADM-10: what was acknowledged is there.
async fn lost_commits(world: &World, planted: &str) -> Vec<String> {
    let url = world.database.url();
    let proxy = Proxy::to(&url).await;
    let settings =
        world.settings().with("DATABASE_URL", &proxy.through(&url)).with("ACADEMY_PLANTED", planted);
    let behind = Arc::new(Server::start(settings).await);
    let cohort = world.plain_cohort(json!({"capacity": 10})).await;
    let mut wrong = Vec::new();
    for n in 0..4 {
        let fault = if n % 2 == 0 { Fault::CommitLost } else { Fault::AnswerSwallowed };
        proxy.plan(fault);
        let name = format!("{}-{n}", &cohort[24..]);
        let call = partner_books(world, &behind, &cohort, &name).await;
        if let Some(id) = call {
            let read = world.partner().get(format!("/v1/bookings/{id}")).await;
            if read.code() != 200 {
                wrong.push(format!("an acknowledged booking is lost after {fault:?}: {}", read.described()));
            }
        }
    }
    assert!(proxy.happened() > 0, "no COMMIT met its fault: nothing was tried");
    wrong
}

async fn partner_books(world: &World, server: &Arc<Server>, cohort: &str, name: &str) -> Option<String> {
    let body = json!({"participant": participant(name)});
    let call = world.partner().at(server).book(cohort, body).key(name).may_fail();
    let answer = call.attempt().await.ok().filter(|answer| answer.code() == 201)?;
    answer["id"].as_str().map(str::to_owned)
}

/// COM-1, ADM-10: after a crash each booking that is there has the mail that tells of it, and none that was
/// acknowledged is gone.
async fn kill(world: &World, round: usize) -> Vec<String> {
    let rush = rush(world, &[&world.server], 120).await;
    let attempts = rush
        .and_after(1, async {
            // Each time at another point: all others may be in one batch, which is answered as a whole.
            tokio::time::sleep(Duration::from_millis(100 * round as u64)).await;
            world.server.kill();
        })
        .await;
    world.server.start_again().await;
    let mut wrong = violations(world, &rush, &attempts, true).await;
    let untold = format!(
        "SELECT CAST(b.id AS text) FROM booking b WHERE CAST(b.cohort_id AS text) = '{}' \
         AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.booking_id = b.id)",
        rush.cohort
    );
    let untold = world.database.column(&untold).await;
    wrong.extend(untold.into_iter().map(|id| format!("nobody is told of booking {id}")));
    wrong
}

/// ADM-1 to ADM-13, COM-1: a bug of each floor and each kind is found.
#[test]
fn every_planted_bug_is_found_in_the_real_store_and_api() {
    let only = std::env::var("ACADEMY_ONLY_BUG").ok();
    let mut unseen = Vec::new();
    for bug in Bug::ALL {
        let name = format!("{bug:?}");
        if only.as_ref().is_some_and(|only| !only.split(',').any(|one| one == name)) {
            continue;
        }
        let begun = std::time::Instant::now();
        let Some(found) = found(check_for(bug), &name, ROUNDS) else { continue };
        let first: String = found.first().map(|line| line.chars().take(160).collect()).unwrap_or_default();
        eprintln!("{name} by {:?} in {:?}: {}", check_for(bug), begun.elapsed(), first.replace('\n', " "));
        if found.is_empty() {
            unseen.push(name);
        }
    }
    assert!(unseen.is_empty(), "planted and not found: {unseen:?}");
}

/// ADM-1 to ADM-13, COM-1.
#[test]
fn the_checks_that_find_planted_bugs_find_none_in_the_program_as_it_is() {
    for check in CHECKS.into_iter().filter(|check| *check != Check::Lists) {
        let found = found(check, "", 2).unwrap_or_default();
        assert!(found.is_empty(), "{check:?}: {found:#?}");
    }
}
