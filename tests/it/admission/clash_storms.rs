//! Places that overlap, when everything happens at once on several servers (PRG-6).

use super::clashes::{Plan, accept};
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

/// PRG-6: one person's acts come one after the other, on whatever server.
#[test]
fn one_person_booking_or_accepting_two_clashing_cohorts_at_once_gets_one_of_them() {
    on_postgres(async |world| {
        let plan = Plan::of(&world);
        let other = world.another_server().await;
        let ellie = world.participant("ellie").await;
        let partner = world.partner();
        for round in 0..4 {
            let from = 80 + 20 * round;
            let first = plan.cohort(json!({}), "Module 1", from, from + 2).await;
            let second = plan.cohort(json!({}), "Week 1", from + 1, from + 3).await;
            let (a, b) = futures::join!(
                ellie.book(&first, json!({})).into_future(),
                ellie.at(&other).book(&second, json!({})).into_future(),
            );
            assert_eq!(codes([&a, &b]), [201, 409], "{} {}", a.described(), b.described());
            let mut offers = Vec::new();
            for (title, hour) in [("Module 2", from + 10), ("Week 2", from + 11)] {
                let cohort = plan.cohort(json!({"capacity": 1}), title, hour, hour + 2).await;
                let holder = partner.book_for(&cohort, "nia").await.created();
                offers.push(ellie.book(&cohort, json!({})).await.created());
                let _ = partner.act(&holder, "cancel").await.ok();
            }
            let (a, b) = futures::join!(
                accept(&ellie, &offers[0], json!({})).into_future(),
                accept(&ellie.at(&other), &offers[1], json!({})).into_future(),
            );
            assert_eq!(codes([&a, &b]), [200, 409], "{} {}", a.described(), b.described());
        }
        world.verify_ledgers().await;
    });
}

fn codes(answers: [&Answer; 2]) -> [u16; 2] {
    let mut codes = answers.map(Answer::code);
    codes.sort_unstable();
    codes
}

/// PRG-6: two cohorts that give out vacancies by themselves, on two servers, do not confirm one person in both.
#[test]
fn two_automatic_vacancies_at_one_moment_confirm_nobody_twice() {
    on_postgres(async |world| {
        let plan = Plan::of(&world);
        let other = world.another_server().await;
        let (ellie, partner) = (world.participant("ellie").await, world.partner());
        let terms = json!({"capacity": 1, "vacancies": "automatic"});
        for round in 0..8 {
            let from = 80 + 20 * round;
            let first = plan.cohort(terms.clone(), "Module 1", from, from + 2).await;
            let second = plan.cohort(terms.clone(), "Week 1", from + 1, from + 3).await;
            let holders = [
                partner.book_for(&first, "nia").await.created(),
                partner.book_for(&second, "omar").await.created(),
            ];
            let waiting = [
                ellie.book(&first, json!({})).await.created(),
                ellie.book(&second, json!({})).await.created(),
            ];
            let (a, b) = futures::join!(
                partner.act(&holders[0], "cancel").into_future(),
                partner.at(&other).act(&holders[1], "cancel").into_future(),
            );
            assert_eq!((a.code(), b.code()), (200, 200));
            let mut statuses = Vec::new();
            for booking in &waiting {
                statuses.push(ellie.again(booking).await["status"].clone());
            }
            let confirmed = statuses.iter().filter(|status| **status == "confirmed").count();
            let offered = statuses.iter().filter(|status| **status == "offered").count();
            assert!(confirmed <= 1 && confirmed + offered == 2, "{statuses:?}");
        }
        world.verify_ledgers().await;
    });
}
