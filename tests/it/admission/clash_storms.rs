//! Places that overlap, when everything happens at once on several servers (PRG-6).

use super::clashes::Plan;
use crate::on_postgres;
use harness::{Actor, Answer, World};
use serde_json::{Value, json};
use std::future::IntoFuture;
use std::time::Duration;

/// How often both are tried: before the mend every other round failed.
const ROUNDS: i64 = 12;

/// What becomes of who waits in a cohort that gives out vacancies by itself, when they ask for a place at the same time in
/// another at the very moment of a vacancy: where they stand in the first, and the answer of the second.
async fn at_a_vacancy(
    world: &World,
    round: i64,
    ask: impl AsyncFn(&Actor, &str) -> Answer,
) -> (Value, Answer) {
    let plan = Plan::of(world);
    let (ellie, partner) = (world.participant("ellie").await, world.partner());
    let from = 80 + 20 * round;
    let automatic = json!({"capacity": 1, "vacancies": "automatic"});
    let first = plan.cohort(automatic, "Module 1", from, from + 2).await;
    let second = plan.cohort(json!({}), "Week 1", from + 1, from + 3).await;
    let holder = partner.book_for(&first, "nia").await.created();
    let waiting = ellie.book(&first, json!({})).await.created();
    let (freed, asked) = futures::join!(partner.act(&holder, "cancel").into_future(), async {
        tokio::time::sleep(Duration::from_micros(150 * round.unsigned_abs())).await;
        ask(&ellie, &second).await
    });
    assert_eq!(freed.code(), 200, "{}", freed.described());
    (ellie.again(&waiting).await["status"].clone(), asked)
}

/// PRG-6: a vacancy does not see what is being booked at that moment; whoever books waits for it.
#[test]
fn who_books_while_a_place_at_the_same_time_comes_by_itself_has_one_of_them_and_is_asked_about_the_other() {
    on_postgres(async |world| {
        let other = world.another_server().await;
        for round in 0..ROUNDS {
            let ask = async |ellie: &Actor, cohort: &str| ellie.at(&other).book(cohort, json!({})).await;
            let (first, second) = at_a_vacancy(&world, round, ask).await;
            match second.code() {
                201 => assert_eq!((&first, &second["status"]), (&json!("offered"), &json!("confirmed"))),
                _ => {
                    let _ = second.problem(409, "session-clash");
                    assert_eq!(first, "confirmed");
                }
            }
        }
        world.verify_ledgers().await;
    });
}

/// PRG-6: who says that they know has both, if the vacancy comes first; else they are asked about it.
#[test]
fn who_books_and_says_that_they_know_gets_the_place_that_they_ask_for_whatever_comes_by_itself() {
    on_postgres(async |world| {
        let other = world.another_server().await;
        for round in 0..ROUNDS / 2 {
            let known = json!({"acknowledgesClash": true});
            let ask = async |ellie: &Actor, cohort: &str| ellie.at(&other).book(cohort, known.clone()).await;
            let (first, second) = at_a_vacancy(&world, round, ask).await;
            assert_eq!(second.created()["status"], "confirmed");
            assert!(first == "confirmed" || first == "offered", "{first}");
        }
        world.verify_ledgers().await;
    });
}
