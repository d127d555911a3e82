//! What participants need in order to take part in a session (PRG-11), and for how long it is kept (ACC-10).

use crate::on_both;
use chrono::TimeDelta;
use harness::World;
use harness::s2::{id_of, zoom};
use harness::{Actor, Answer};
use serde_json::{Value, json};
use std::time::Duration;

/// A session of two hours, `starts` hours from now, run by Byron, that asks for adjustments until `until` hours from now.
async fn session_until(world: &World, cohort: &str, starts: i64, until: i64) -> String {
    let made = world
        .coordinator()
        .post(
            format!("/v1/cohorts/{cohort}/sessions"),
            json!({
                "title": "Module 1", "startsAt": world.in_hours(starts), "endsAt": world.in_hours(starts + 2),
                "meeting": zoom(), "facilitatorId": world.id_of("byron"), "adjustmentsUntil": world.in_hours(until)
            }),
        )
        .await
        .created();
    assert!(made["adjustmentsUntil"].is_string(), "{made:#}");
    id_of(&made)
}

async fn asks(who: &Actor, session: &str, kind: &str) -> Answer {
    who.post(format!("/v1/sessions/{session}/adjustments"), json!({"kind": kind, "detail": "No nuts."})).await
}

async fn seen(who: &Actor, session: &str) -> Vec<(String, String)> {
    let words = |item: &Value| {
        let word = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        (word("kind"), word("status"))
    };
    who.all(&format!("/v1/sessions/{session}/adjustments")).await.iter().map(words).collect()
}

fn told(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(kind, status)| ((*kind).to_owned(), (*status).to_owned())).collect()
}

/// PRG-11: asked for by who takes part, shown to whoever must act on it, ended as met or not met.
#[test]
fn who_takes_part_asks_for_adjustments_and_who_must_act_on_them_ends_them() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 2})).await;
        let session = session_until(&world, &cohort, 48, 24).await;
        let (ellie, tom) = (world.participant("ellie").await, world.participant("tom").await);
        let booked = ellie.book(&cohort, json!({})).await.created();
        let _ = tom.book(&cohort, json!({})).await.created();
        let made = asks(&ellie, &session, "diet").await.created();
        assert_eq!(made["bookingId"], booked["id"]);
        assert_eq!((&made["detail"], &made["status"]), (&json!("No nuts."), &json!("asked")));
        let _ = asks(&ellie, &session, "captions").await.created();
        let _ = asks(&tom, &session, "bsl").await.created();
        asks(&ellie, &session, "diet").await.problem(409, "already-asked");
        let unknown = asks(&ellie, &session, "parking").await.problem(422, "invalid");
        assert_eq!(unknown["errors"][0]["pointer"], "/kind");

        let all = told(&[("diet", "asked"), ("captions", "asked"), ("bsl", "asked")]);
        assert_eq!(seen(&world.coordinator(), &session).await, all);
        assert_eq!(seen(&world.facilitator(), &session).await, all);
        assert_eq!(seen(&ellie, &session).await, all[..2], "one's own only");

        let path = format!("/v1/adjustments/{}", id_of(&made));
        let outcome = |word: &str| json!({"outcome": word, "note": "The kitchen knows."});
        let met = world.facilitator().post(format!("{path}/outcome"), outcome("met")).await.ok();
        assert_eq!((&met["status"], &met["note"]), (&json!("met"), &json!("The kitchen knows.")));
        let read = ellie.get(&path).await.status(200);
        assert_eq!((&read["status"], &read["fullName"]), (&json!("met"), &made["fullName"]));
        let not_met = world.coordinator().post(format!("{path}/outcome"), outcome("not_met")).await.ok();
        assert_eq!(not_met["status"], "not_met");
        ellie.post(format!("{path}/outcome"), outcome("met")).await.problem(403, "forbidden");
        tom.get(&path).await.problem(404, "not-found");
        tom.delete(&path).await.problem(404, "not-found");
        world.coordinator().delete(&path).await.problem(403, "forbidden");
        ellie.delete(&path).if_match(&read.etag()).await.problem(412, "precondition-failed");
        ellie.delete(&path).without("if-match").await.problem(428, "precondition-required");
        let _ = ellie.delete(&path).await.status(204);
        assert_eq!(seen(&ellie, &session).await, told(&[("captions", "asked")]));
        let _ = asks(&ellie, &session, "diet").await.created();
    });
}

/// PRG-11, ACC-3, ACC-5, ACC-10.
#[test]
fn nobody_else_learns_what_people_need() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let session = session_until(&world, &cohort, 48, 24).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let _ = ellie.book(&cohort, json!({})).await.created();
        assert_eq!(sam.book(&cohort, json!({})).await.created()["status"], "waiting");
        let made = asks(&ellie, &session, "access").await.created();
        let (one, all) =
            (format!("/v1/adjustments/{}", id_of(&made)), format!("/v1/sessions/{session}/adjustments"));
        asks(&sam, &session, "diet").await.problem(403, "forbidden");
        asks(&world.coordinator(), &session, "diet").await.problem(403, "forbidden");
        asks(&world.anonymous(), &session, "diet").await.problem(401, "unauthenticated");
        let another = world.plain_cohort(json!({})).await;
        let elsewhere = world.session(&another, 24).await;
        asks(&ellie, &id_of(&elsewhere), "diet").await.problem(403, "forbidden");
        for other in [&sam, &world.partner(), &world.operations()] {
            other.get(&all).await.problem(403, "forbidden");
            other.get(&one).await.problem(404, "not-found");
        }
        world.anonymous().get(&all).await.problem(401, "unauthenticated");
        world.anonymous().get(&one).await.problem(401, "unauthenticated");
        let audit = world.database.column("SELECT detail FROM audit WHERE subject_kind = 'adjustment'").await;
        assert!(
            !audit.is_empty()
                && audit.iter().all(|detail| !detail.contains("access") && !detail.contains("nuts"))
        );
    });
}

/// PRG-11.
#[test]
fn adjustments_are_asked_for_by_the_date_and_not_met_when_nothing_was_said() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let session = session_until(&world, &cohort, 48, 24).await;
        let silent = world.session(&cohort, 72).await;
        let ellie = world.participant("ellie").await;
        let _ = ellie.book(&cohort, json!({})).await.created();
        asks(&ellie, &id_of(&silent), "diet").await.problem(409, "adjustments-closed");
        let _ = asks(&ellie, &session, "diet").await.created();
        let path = format!("/v1/sessions/{session}");
        let late = json!({"adjustmentsUntil": world.in_hours(49), "endsAt": "soon"});
        let refused = world.coordinator().patch(&path, late).await.problem(422, "invalid");
        let pointers: Vec<_> =
            refused["errors"].as_array().into_iter().flatten().map(|e| &e["pointer"]).collect();
        assert!(pointers.contains(&&json!("/adjustmentsUntil")), "all at once: {refused:#}");
        world.advance(TimeDelta::hours(24));
        asks(&ellie, &session, "breaks").await.problem(409, "adjustments-closed");
        world.advance(TimeDelta::hours(26));
        assert_eq!(seen(&world.coordinator(), &session).await, told(&[("diet", "not_met")]));
    });
}

/// ACC-10, PRG-11: who has no place needs nothing any more, and 30 days after the end nobody is told what was needed.
#[test]
fn what_people_need_is_forgotten_when_nobody_must_act_on_it() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 2})).await;
        let session = session_until(&world, &cohort, 48, 24).await;
        let (ellie, tom) = (world.participant("ellie").await, world.participant("tom").await);
        let _ = ellie.book(&cohort, json!({})).await.created();
        let leaves = tom.book(&cohort, json!({})).await.created();
        let _ = asks(&ellie, &session, "diet").await.created();
        let _ = asks(&tom, &session, "bsl").await.created();
        let _ = tom.act(&leaves, "cancel").await.ok();
        assert_eq!(seen(&world.coordinator(), &session).await, told(&[("diet", "asked")]));
        world.advance(TimeDelta::hours(50) + TimeDelta::days(30) - TimeDelta::minutes(10));
        assert_eq!(kept(&world, 1).await, 1, "tom's went with his place");
        world.advance(TimeDelta::minutes(11));
        assert_eq!(kept(&world, 0).await, 0);
    });
}

/// How many are kept, once it is as few as `wanted` or a while has passed.
async fn kept(world: &World, wanted: usize) -> usize {
    let mut kept = usize::MAX;
    for _ in 0..120 {
        kept = world.database.ids("adjustment").await.len();
        if kept <= wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    kept
}
