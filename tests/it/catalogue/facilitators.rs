//! A facilitator is not put on two sessions or tasters at once (PRG-6).

use crate::{on_both, on_postgres};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use harness::s2::{fresh_slug, id_of, merged, zoom};
use harness::{Answer, World};
use serde_json::{Value, json};

/// Some hours from one moment on, so that what follows on another touches it exactly.
#[derive(Clone, Copy)]
struct Plan<'a> {
    world: &'a World,
    from: DateTime<Utc>,
}

impl<'a> Plan<'a> {
    fn of(world: &'a World) -> Self {
        Self { world, from: world.now() }
    }

    fn at(self, hour: i64) -> String {
        (self.from + TimeDelta::hours(hour)).to_rfc3339_opts(SecondsFormat::Micros, true)
    }

    /// A meeting of Byron's from one hour to another.
    fn meeting(self, title: &str, from: i64, to: i64) -> Value {
        json!({
            "title": title, "startsAt": self.at(from), "endsAt": self.at(to), "meeting": zoom(),
            "facilitatorId": self.world.id_of("byron")
        })
    }
}

/// What clashes, in words.
fn clashes(answer: Answer) -> Vec<String> {
    let problem = answer.problem(409, "session-clash");
    let errors = problem["errors"].as_array().expect("errors").iter();
    let told = errors.map(|error| {
        assert_eq!((&error["pointer"], &error["code"]), (&json!("/facilitatorId"), &json!("session-clash")));
        error["detail"].as_str().expect("a detail").to_owned()
    });
    told.collect()
}

/// PRG-6.
#[test]
fn a_facilitator_is_not_put_on_two_meetings_at_once_and_one_may_follow_on_another() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let programme = world.plain_programme().await;
        let (first, second) =
            (world.cohort(&programme, json!({})).await, world.plain_cohort(json!({})).await);
        let tasters = format!("/v1/programmes/{programme}/tasters");
        let (here, there) =
            (format!("/v1/cohorts/{first}/sessions"), format!("/v1/cohorts/{second}/sessions"));
        let staff = world.coordinator();
        let _ = staff.post(&here, plan.meeting("Module 1", 20, 22)).await.created();
        for path in [&here, &there, &tasters] {
            let told = clashes(staff.post(path, plan.meeting("At once", 21, 23)).await);
            assert_eq!(told.len(), 1, "{told:#?}");
            assert!(told[0].contains("“At once”") && told[0].contains("“Module 1”"), "{told:#?}");
            let somebody = merged(plan.meeting("Nobody's", 21, 23), &json!({"facilitatorId": null}));
            let _ = staff.post(path, somebody).await.created();
        }
        let _ = staff.post(&there, plan.meeting("Before", 18, 20)).await.created();
        let taster = staff.post(&tasters, plan.meeting("After", 22, 24)).await.created();
        let told = clashes(staff.post(&there, plan.meeting("All day", 18, 30)).await);
        assert_eq!(told.len(), 3, "each is named: {told:#?}");
        let taster = format!("/v1/tasters/{}", id_of(&taster));
        let told = clashes(staff.patch(&taster, json!({"startsAt": plan.at(21)})).await);
        assert!(told[0].contains("“Module 1”"), "{told:#?}");
        let _ = staff.patch(&taster, json!({"title": "Much after", "endsAt": plan.at(25)})).await.ok();
    });
}

/// PRG-6. A session is moved, or gets another facilitator; a series clashes with itself, too.
#[test]
fn moving_a_session_and_making_a_series_are_held_against_what_the_facilitator_runs() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let cohort = world.plain_cohort(json!({})).await;
        let (sessions, staff) = (format!("/v1/cohorts/{cohort}/sessions"), world.coordinator());
        let _ = staff.post(&sessions, plan.meeting("Module 1", 20, 22)).await.created();
        let later = staff.post(&sessions, plan.meeting("Module 2", 30, 32)).await.created();
        let later = format!("/v1/sessions/{}", id_of(&later));
        let moved = json!({"startsAt": plan.at(21), "endsAt": plan.at(23)});
        assert_eq!(clashes(staff.patch(&later, moved).await).len(), 1);
        let _ = staff.patch(&later, json!({"startsAt": plan.at(29)})).await.ok();
        let nobodys = merged(plan.meeting("Module 3", 31, 33), &json!({"facilitatorId": null}));
        let nobodys = staff.post(&sessions, nobodys).await.created();
        let named = json!({"facilitatorId": world.id_of("byron")});
        let told = clashes(staff.patch(format!("/v1/sessions/{}", id_of(&nobodys)), named).await);
        assert!(told[0].contains("“Module 2”"), "{told:#?}");
        let series = |minutes: i64, from: i64| {
            json!({
                "title": "Week", "firstStartsAt": plan.at(from), "durationMinutes": minutes, "count": 3,
                "every": {"weeks": 1}, "meeting": zoom(), "facilitatorId": world.id_of("byron")
            })
        };
        let path = format!("{sessions}/series");
        assert_eq!(clashes(staff.post(&path, series(60, 20)).await).len(), 1);
        let told = clashes(staff.post(&path, series(7 * 24 * 60 + 1, 40)).await);
        assert_eq!(told.len(), 2, "the first with the second, the second with the third: {told:#?}");
        let _ = staff.post(&path, series(7 * 24 * 60, 40)).await.created();
    });
}

/// PRG-6. What does not take place keeps nobody.
#[test]
fn a_cancelled_cohorts_sessions_keep_no_facilitator() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let (first, second) = (world.plain_cohort(json!({})).await, world.plain_cohort(json!({})).await);
        let staff = world.coordinator();
        let sessions = |cohort: &str| format!("/v1/cohorts/{cohort}/sessions");
        let _ = staff.post(sessions(&first), plan.meeting("Module 1", 20, 22)).await.created();
        let _ = clashes(staff.post(sessions(&second), plan.meeting("Module 1", 20, 22)).await);
        let _ = staff.post(format!("/v1/cohorts/{first}/cancel"), json!({})).await.ok();
        let _ = staff.post(sessions(&second), plan.meeting("Module 1", 20, 22)).await.created();
    });
}

/// PRG-6, ACC-3.
#[test]
fn of_another_academys_meeting_only_the_time_is_told() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let admin = world.platform_admin();
        let academy = json!({
            "slug": fresh_slug("london"), "name": "London Leadership Academy", "region": "london",
            "contactEmail": "london@example.nhs.uk",
        });
        let other = id_of(&admin.post("/v1/academies", academy).await.created());
        let sam = world.participant("sam").await;
        for (name, role) in [("sam", "coordinator"), ("byron", "facilitator")] {
            let member = format!("/v1/academies/{other}/members/{}", world.id_of(name));
            let set = admin.put(member, json!({"role": role})).without("if-match").await;
            assert!(set.succeeded(), "{}", set.described());
        }
        let programme = json!({
            "slug": fresh_slug("secret"), "title": "Hidden", "summary": "A draft.", "format": "cohort"
        });
        let programme = sam.post(format!("/v1/academies/{other}/programmes"), programme).await.created();
        let tasters = format!("/v1/programmes/{}/tasters", id_of(&programme));
        let made = sam.post(&tasters, plan.meeting("Our secret", 20, 22)).await.created();
        let cohort = world.plain_cohort(json!({})).await;
        let path = format!("/v1/cohorts/{cohort}/sessions");
        let refused = world.coordinator().post(path, plan.meeting("Module 1", 21, 23)).await;
        assert!(!refused.text().contains("secret") && !refused.text().contains(&id_of(&made)));
        let told = clashes(refused);
        assert!(told[0].contains("another academy"), "{told:#?}");
        assert!(told[0].contains(made["startsAt"].as_str().expect("a time")), "{told:#?}");
    });
}

/// PRG-6.
#[test]
fn two_servers_put_nobody_on_two_meetings_at_once() {
    on_postgres(async |world| {
        let plan = Plan::of(&world);
        let other = world.another_server().await;
        for round in 0..5 {
            let (first, second) = (world.plain_cohort(json!({})).await, world.plain_cohort(json!({})).await);
            let (here, there) = (world.coordinator(), world.coordinator().at(&other));
            let body = plan.meeting("Module 1", 20 + 10 * round, 22 + 10 * round);
            let (a, b) = futures::join!(
                here.post(format!("/v1/cohorts/{first}/sessions"), body.clone()).into_future(),
                there.post(format!("/v1/cohorts/{second}/sessions"), body).into_future(),
            );
            let mut codes = [a.code(), b.code()];
            codes.sort_unstable();
            assert_eq!(codes, [201, 409], "{} {}", a.described(), b.described());
        }
    });
}
