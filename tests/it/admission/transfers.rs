//! A confirmed place is left for another cohort (ADM-23).

use crate::{on_both, on_postgres};
use harness::ledger::Ledger;
use harness::s2::{answers, id_of, participant};
use harness::{Actor, Request, World};
use serde_json::{Value, json};

fn go(actor: &Actor, booking: &Value, how: &str, cohort: &str) -> Request {
    actor.post(format!("/v1/bookings/{}/{how}", id_of(booking)), json!({"cohortId": cohort}))
}

async fn two_cohorts(world: &World, first: Value, second: Value) -> (String, String) {
    let programme = world.plain_programme().await;
    (world.cohort(&programme, first).await, world.cohort(&programme, second).await)
}

/// Both ledgers hold, alone and against the bookings.
async fn ledgers_hold(world: &World, cohorts: &[&String]) -> Vec<Vec<String>> {
    let mut kinds = Vec::new();
    for cohort in cohorts {
        let ledger = Ledger::read(&world.coordinator(), cohort).await.check();
        ledger.agrees_with(&world.coordinator().all(&format!("/v1/cohorts/{cohort}/bookings")).await);
        kinds.push(ledger.kinds().into_iter().map(str::to_owned).collect());
    }
    world.verify_ledgers().await;
    kinds
}

/// ADM-7, ADM-23.
#[test]
fn a_move_takes_a_free_place_there_and_frees_one_here_in_one_step() {
    on_both(async |world| {
        let (here, there) = two_cohorts(&world, json!({"capacity": 1}), json!({"capacity": 1})).await;
        let ellie = world.participant("ellie").await;
        let first = ellie.book(&here, json!({})).await.created();
        let waiting = world.partner().book_for(&here, "nia").await.created();
        assert_eq!((&first["status"], &waiting["status"]), (&json!("confirmed"), &json!("waiting")));
        let moved = go(&ellie, &first, "move", &there).key("move-once").await.ok();
        assert_eq!((&moved["status"], &moved["cohortId"]), (&json!("confirmed"), &json!(there)));
        assert_eq!(moved["claim"]["sequence"], 1, "a claim there, with its receipt: {moved:#}");
        assert_eq!(moved["explanation"]["otherBookingId"], first["id"]);
        let again = go(&ellie, &first, "move", &there).key("move-once").await.ok();
        assert_eq!(again, moved, "a repeat with its key does nothing (ADM-10)");
        let left = ellie.again(&first).await;
        assert_eq!(
            (&left["status"], &left["closedReason"]),
            (&json!("closed"), &json!("cancelled_by_participant"))
        );
        assert_eq!(
            (&left["explanation"]["code"], &left["explanation"]["otherBookingId"]),
            (&json!("moved"), &moved["id"])
        );
        assert_eq!(
            world.partner().again(&waiting).await["status"],
            "offered",
            "the place goes to the next in rank"
        );
        let mail = world.mailbox.about("ellie@trust.example.nhs.uk", "moved here from another cohort").await;
        assert!(mail.subject.starts_with("You have a place"), "{}", mail.subject);
        go(&ellie, &first, "move", &there).await.problem(409, "booking-not-live");
        let kinds = ledgers_hold(&world, &[&here, &there]).await;
        assert_eq!(
            kinds,
            [vec!["cohort_created", "claim", "claim", "moved"], vec!["cohort_created", "claim"]]
        );
    });
}

/// ADM-23: else 409, and nothing moves.
#[test]
fn a_move_to_where_no_place_is_free_or_somebody_waits_changes_nothing() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let mut cohorts = Vec::new();
        for terms in
            [json!({"capacity": 2}), json!({"capacity": 1}), json!({"bookingOpensAt": world.in_hours(5)})]
        {
            cohorts.push(world.cohort(&programme, terms).await);
        }
        let partner = world.partner();
        let mine = partner.book_for(&cohorts[0], "nia").await.created();
        let _ = partner.book_for(&cohorts[1], "omar").await.created();
        go(&partner, &mine, "move", &cohorts[1]).await.problem(409, "cohort-full");
        let pat = partner.book_for(&cohorts[1], "pat").await.created();
        go(&partner, &mine, "move", &cohorts[1]).await.problem(409, "others-waiting");
        go(&partner, &pat, "move", &cohorts[0]).await.problem(409, "not-confirmed");
        go(&partner, &mine, "move", &cohorts[2]).await.problem(409, "no-place");
        let faults = go(&partner, &mine, "move", &cohorts[0]).await.problem(422, "invalid");
        assert_eq!(faults["errors"][0]["code"], "same-cohort");
        let elsewhere = world.plain_cohort(json!({})).await;
        let faults = go(&partner, &mine, "move", &elsewhere).await.problem(422, "invalid");
        assert_eq!(
            (&faults["errors"][0]["pointer"], &faults["errors"][0]["code"]),
            (&json!("/cohortId"), &json!("not-of-programme"))
        );
        let read = partner.again(&mine).await;
        assert_eq!((&read["status"], &read["cohortVersion"]), (&json!("confirmed"), &mine["cohortVersion"]));
        let kinds = ledgers_hold(&world, &[&cohorts[0], &cohorts[2]]).await;
        assert_eq!(kinds, [vec!["cohort_created", "claim"], vec!["cohort_created"]]);
    });
}

/// ADM-2, ADM-15, ADM-23.
#[test]
fn a_move_does_not_go_round_the_gate_of_the_other_cohort() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let here = world.cohort(&programme, json!({})).await;
        let commits = world.cohort(&programme, json!({"commitsToAllSessions": true})).await;
        let form = world.cohort(&programme, json!({"joiningForm": harness::s2::joining_form()})).await;
        let taster = world.cohort(&programme, json!({"requiresTaster": true})).await;
        let rule = json!({"eligibility": {"jobRole": ["practice_manager"]}});
        let rules = world.cohort(&programme, rule).await;
        let tom = world.participant("tom").await;
        let _ = tom.patch("/v1/me", json!({"jobRole": "matron"})).await.ok();
        let first = tom.book(&here, json!({})).await.created();
        go(&tom, &first, "move", &commits).await.problem(422, "commitment-required");
        go(&tom, &first, "move", &form).await.problem(422, "answers-invalid");
        let missing = go(&tom, &first, "defer", &taster).await.problem(409, "no-place");
        assert_eq!(missing["errors"][0]["code"], "requirement-missing", "{missing:#}");
        go(&tom, &first, "move", &rules).await.problem(422, "not-eligible");
        assert_eq!(tom.again(&first).await["status"], "confirmed");
        let path = format!("/v1/bookings/{}/move", id_of(&first));
        let moved = tom.post(&path, json!({"cohortId": form, "answers": answers()})).await.ok();
        assert_eq!(moved["answers"], answers());
        let path = format!("/v1/bookings/{}/move", id_of(&moved));
        let last =
            tom.post(&path, json!({"cohortId": commits, "answers": {}, "commitsToAllSessions": true})).await;
        assert_eq!(last.ok()["status"], "confirmed");
        let _ = ledgers_hold(&world, &[&here, &form, &commits]).await;
    });
}

/// ADM-23.
#[test]
fn a_deferral_gives_the_place_back_for_a_claim_on_a_later_cohort() {
    on_both(async |world| {
        let (here, later) = two_cohorts(&world, json!({"capacity": 1}), json!({"capacity": 1})).await;
        let _ = (world.session(&here, 100).await, world.session(&later, 200).await);
        let partner = world.partner();
        let there = partner.book_for(&later, "omar").await.created();
        let mine = partner.book_for(&here, "nia").await.created();
        go(&partner, &there, "defer", &here).await.problem(409, "not-later");
        let deferred = go(&partner, &mine, "defer", &later).await.ok();
        assert_eq!((&deferred["status"], &deferred["position"]), (&json!("waiting"), &json!(1)));
        assert_eq!(deferred["participant"], mine["participant"], "what the booker said goes along");
        assert_eq!(partner.again(&mine).await["explanation"]["code"], "deferred");
        let _ = partner.act(&there, "cancel").await.ok();
        let accepted = partner.act(&deferred, "offer/accept").await.ok();
        let detail = accepted["explanation"]["detail"].as_str().unwrap_or_default().to_owned();
        assert!(detail.contains("deferred to this cohort"), "{detail}");
        assert_eq!(partner.again(&deferred).await["explanation"], accepted["explanation"]);
        let kinds = ledgers_hold(&world, &[&here, &later]).await;
        assert_eq!(kinds[0], ["cohort_created", "terms_changed", "claim", "deferred"]);
    });
}

/// ACC-4, ACC-5, ADM-23.
#[test]
fn the_person_the_booker_and_staff_may_move_a_booking_and_nobody_else() {
    on_both(async |world| {
        let (here, there) = two_cohorts(&world, json!({}), json!({})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let own = ellie.book(&here, json!({})).await.created();
        go(&sam, &own, "move", &there).await.problem(404, "not-found");
        go(&world.partner(), &own, "move", &there).await.problem(404, "not-found");
        let by_staff = go(&world.coordinator(), &own, "move", &there).await.ok();
        assert_eq!(ellie.again(&own).await["closedReason"], "cancelled_by_academy");
        assert_eq!(ellie.again(&by_staff).await["status"], "confirmed", "it stays the person's own");
        let _ = ellie.patch(format!("/v1/bookings/{}", id_of(&by_staff)), json!({"answers": {}})).await.ok();
        let booked = world.partner().book(&here, json!({"participant": participant("tom")})).await.created();
        let tom = world.participant("tom").await;
        let moved = go(&tom, &booked, "move", &there).await.ok();
        assert_eq!(world.partner().again(&moved).await["status"], "confirmed", "the booker sees it still");
        let _ = ledgers_hold(&world, &[&here, &there]).await;
    });
}

/// ADM-8, ADM-23.
#[test]
fn two_who_move_at_once_into_the_last_free_place_do_not_both_get_it() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        race(&world, &[world.partner(), world.partner().at(&second)]).await;
    });
    on_both(async |world| race(&world, &[world.partner(), world.partner()]).await);
}

/// Two cohorts' people move into the other's last place while newcomers claim it.
async fn race(world: &World, callers: &[Actor; 2]) {
    for round in 0..6 {
        let programme = world.plain_programme().await;
        let here = world.cohort(&programme, json!({"capacity": 4})).await;
        let there = world.cohort(&programme, json!({"capacity": 2})).await;
        let names = ["nia", "omar"].map(|name| format!("{name}-{round}"));
        let movers = callers[0].book_all(&here, &[&names[0], &names[1]]).await;
        let back = callers[0].book_all(&there, &["back"]).await;
        let calls = vec![
            go(&callers[0], &movers[0], "move", &there).into_future(),
            go(&callers[1], &movers[1], "move", &there).into_future(),
            callers[1].book_for(&there, "newcomer").into_future(),
            go(&callers[1], &back[0], "move", &here).into_future(),
        ];
        let done = futures::future::join_all(calls).await;
        let read = world.coordinator().cohort(&there).await;
        assert!(read["placesTaken"].as_u64().unwrap_or(9) <= 2, "{read:#}");
        for (booking, answer) in movers.iter().zip(&done) {
            let left = callers[0].again(booking).await["status"].clone();
            assert_eq!(left == "closed", answer.succeeded(), "both or neither: {}", answer.described());
        }
        for cohort in [&here, &there] {
            let ledger = Ledger::read(&world.coordinator(), cohort).await.check();
            ledger.agrees_with(&world.coordinator().all(&format!("/v1/cohorts/{cohort}/bookings")).await);
        }
    }
    world.verify_ledgers().await;
}
