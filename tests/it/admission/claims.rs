//! The moment of a claim and its rank (ADM-3 to ADM-5).

use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::time;
use harness::s2::{answers, id_of};
use harness::{Actor, World};
use serde_json::{Value, json};

async fn book(actor: &Actor, cohort: &str) -> Value {
    actor.book(cohort, json!({"answers": answers()})).await.created()
}

/// What staff see of the waiting list, by participant.
async fn queue(world: &World, cohort: &str) -> Vec<String> {
    let items = world.coordinator().all(&format!("/v1/cohorts/{cohort}/waiting-list")).await;
    items.iter().map(|item| item["participant"]["email"].as_str().unwrap_or_default().to_owned()).collect()
}

/// ADM-4.
#[test]
fn a_clerks_delay_costs_nobody_their_order() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        let (ellie, sam, tom) = (
            world.participant("ellie").await,
            world.participant("sam").await,
            world.participant("tom").await,
        );
        world.attended(&s2.taster, &["tom"]).await;
        let placed = book(&tom, &s2.cohort).await;
        assert_eq!(placed["status"], "confirmed");
        let early = book(&ellie, &s2.cohort).await;
        let late = book(&sam, &s2.cohort).await;
        world.advance(TimeDelta::hours(2));
        world.attended(&s2.taster, &["sam"]).await;
        assert_eq!(sam.again(&late).await["position"], 1);
        world.attended(&s2.taster, &["ellie"]).await;
        let claim = ellie.again(&early).await;
        assert_eq!(
            time(&claim["claim"]["moment"]),
            time(&early["createdAt"]),
            "the form's submission is the later"
        );
        assert_eq!(claim["position"], 1, "{claim:#}");
        assert_eq!(sam.again(&late).await["position"], 2);
        assert_eq!(queue(&world, &s2.cohort).await, [ellie.email(), sam.email()]);
        assert_eq!(sam.again(&late).await["claim"]["sequence"], 2, "the sequence is the order of acceptance");
    });
}

/// ADM-4, ADM-9.
#[test]
fn a_late_recorded_attendance_keeps_its_moment_but_takes_no_confirmed_place() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let early = book(&ellie, &s2.cohort).await;
        let late = book(&sam, &s2.cohort).await;
        world.attended(&s2.taster, &["sam"]).await;
        assert_eq!(sam.again(&late).await["status"], "confirmed");
        world.attended(&s2.taster, &["ellie"]).await;
        let waits = ellie.again(&early).await;
        assert_eq!((waits["status"].as_str(), waits["position"].as_u64()), (Some("waiting"), Some(1)));
        assert!(time(&waits["claim"]["moment"]) < time(&sam.again(&late).await["claim"]["moment"]));
        assert_eq!(sam.again(&late).await["status"], "confirmed", "no place held is ever taken away");
    });
}

/// ADM-4, ADM-5.
#[test]
fn who_sent_the_form_before_the_taster_ended_shares_its_end_and_the_earlier_form_goes_first() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1, "bookingOpensAt": world.in_hours(10)})).await;
        let taster = world.taster(&s2.programme, 1).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let first = book(&ellie, &s2.cohort).await;
        let second = book(&sam, &s2.cohort).await;
        world.advance(TimeDelta::hours(3));
        world.attended(&id_of(&taster), &["sam", "ellie"]).await;
        let (first, second) = (ellie.again(&first).await, sam.again(&second).await);
        assert_eq!(time(&first["claim"]["moment"]), time(&taster["endsAt"]));
        assert_eq!(first["claim"]["moment"], second["claim"]["moment"]);
        assert_eq!((&first["claim"]["sequence"], &second["claim"]["sequence"]), (&json!(1), &json!(2)));
        world.advance(TimeDelta::hours(8));
        assert_eq!(ellie.again(&first).await["status"], "confirmed");
        assert_eq!(sam.again(&second).await["position"], 1);
    });
}

/// ADM-3, ADM-4.
#[test]
fn attendance_recorded_before_the_tasters_end_takes_effect_at_its_end() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let taster = world.taster(&s2.programme, 1).await;
        world.advance(TimeDelta::minutes(70));
        let ellie = world.participant("ellie").await;
        let booked = book(&ellie, &s2.cohort).await;
        let recorded = world.attended(&id_of(&taster), &["ellie"]).await;
        assert_eq!((&recorded["recorded"], &recorded["bookingsClaimed"]), (&json!(1), &json!(0)));
        assert_eq!(ellie.again(&booked).await["status"], "pending");
        world.advance(TimeDelta::hours(1));
        let sam = world.participant("sam").await;
        world.attended(&s2.taster, &["sam"]).await;
        let other = book(&sam, &s2.cohort).await;
        let claimed = ellie.again(&booked).await;
        assert_eq!(claimed["status"], "confirmed", "what is due is entered before another fact: {claimed:#}");
        assert_eq!(time(&claimed["claim"]["moment"]), time(&taster["endsAt"]));
        assert!(claimed["claim"]["sequence"].as_u64() < other["claim"]["sequence"].as_u64());
    });
}

/// ADM-3.
#[test]
fn attendance_may_be_on_record_before_the_person_has_an_account() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        world.attended(&s2.taster, &["nia"]).await;
        let nia = world.participant("nia").await;
        let booked = book(&nia, &s2.cohort).await;
        assert_eq!(booked["status"], "confirmed");
        let list = world.coordinator().all(&format!("/v1/tasters/{}/attendance", s2.taster)).await;
        assert_eq!(list[0]["email"], nia.email());
        assert_eq!(list[0]["participantId"], nia.get("/v1/me").await.ok()["id"]);
    });
}

/// ADM-3.
#[test]
fn attendance_counts_for_who_is_first_named_by_a_booker_that_vouches() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        world.attended(&s2.taster, &["nia"]).await;
        let body = json!({"answers": answers(), "participant": harness::s2::participant("nia")});
        let booked = world.partner().book(&s2.cohort, body).await.created();
        assert_eq!(booked["status"], "confirmed", "{booked:#}");
    });
}

/// ADM-4.
#[test]
fn verifying_the_email_within_72_hours_keeps_the_forms_moment() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let (soon, late) = (world.newcomer("soon").await, world.newcomer("late").await);
        let booked =
            [soon.book(&cohort, json!({})).await.created(), late.book(&cohort, json!({})).await.created()];
        let verify = async |actor: &Actor| {
            let token = world.mailbox.verification_token(&actor.email()).await;
            world
                .anonymous()
                .post("/v1/auth/email-verifications", json!({"token": token}))
                .await
                .no_content();
        };
        world.advance(TimeDelta::hours(71));
        verify(&soon).await;
        let claim = soon.again(&booked[0]).await;
        assert_eq!(time(&claim["claim"]["moment"]), time(&booked[0]["createdAt"]));
        world.advance(TimeDelta::hours(2));
        let resend = json!({"email": late.email()});
        let _ = world.anonymous().post("/v1/auth/email-verifications/resend", resend).await.status(202);
        let _ = world.mailbox.nth(&late.email(), 2).await;
        verify(&late).await;
        let claim = late.again(&booked[1]).await;
        let moment = time(&claim["claim"]["moment"]).expect("a moment");
        assert!(moment > time(&booked[1]["createdAt"]).expect("a time") + TimeDelta::hours(72), "{claim:#}");
    });
}

/// ADM-4.
#[test]
fn a_profile_fact_that_had_to_be_added_moves_the_moment_and_one_that_had_not_does_not() {
    on_both(async |world| {
        let rule = json!({"eligibility": {"jobRole": ["practice_manager"]}});
        let programme = world.programme_that(rule).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let ellie = world.participant("ellie").await;
        let booked = ellie.book(&cohort, json!({})).await.created();
        world.advance(TimeDelta::hours(5));
        let _ = ellie.patch("/v1/me", json!({"region": "london"})).await.ok();
        assert_eq!(ellie.again(&booked).await["status"], "pending");
        let _ = ellie.patch("/v1/me", json!({"jobRole": "practice_manager"})).await.ok();
        let claim = ellie.again(&booked).await;
        let moved =
            time(&claim["claim"]["moment"]).expect("a moment") - time(&booked["createdAt"]).expect("a time");
        assert!(moved > TimeDelta::hours(4), "{claim:#}");
    });
}

/// ADM-4.
#[test]
fn somebody_who_attended_two_tasters_has_the_moment_of_the_first() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let earlier = world.taster(&s2.programme, -48).await;
        let ellie = world.participant("ellie").await;
        world.attended(&s2.taster, &["ellie"]).await;
        let booked = book(&ellie, &s2.cohort).await;
        world.attended(&id_of(&earlier), &["ellie"]).await;
        let again = ellie.again(&booked).await;
        assert_eq!(
            again["claim"]["moment"], booked["claim"]["moment"],
            "a claim's moment never changes afterwards"
        );
        assert_eq!(time(&booked["claim"]["moment"]), time(&booked["createdAt"]));
    });
}

/// ADM-5.
#[test]
fn a_correction_of_a_booking_never_moves_its_claim() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        world.attended(&s2.taster, &["ellie", "sam"]).await;
        let _ = book(&world.participant("sam").await, &s2.cohort).await;
        let ellie = world.participant("ellie").await;
        let booked = book(&ellie, &s2.cohort).await;
        world.advance(TimeDelta::hours(1));
        let path = format!("/v1/bookings/{}", id_of(&booked));
        let other = json!({"answers": {"team": "Ward 8", "consent": true}});
        let changed = ellie.patch(&path, other.clone()).await.ok();
        assert_eq!(changed["answers"], other["answers"]);
        assert_eq!(changed["claim"], booked["claim"]);
        assert_eq!(changed["position"], booked["position"]);
        let wrong = ellie.patch(&path, json!({"answers": {"team": 7}})).await;
        let _ = wrong.problem(422, "answers-invalid");
        let _ = world.participant("sam").await.patch(&path, other.clone()).await.problem(404, "not-found");
        let _ = ellie.patch(&path, other).without("if-match").await.problem(428, "precondition-required");
    });
}
