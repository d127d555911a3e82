//! A person is not confirmed on two cohorts whose sessions overlap without saying that they know (PRG-6).

use crate::on_both;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use harness::ledger::Ledger;
use harness::s2::{id_of, merged, participant, zoom};
use harness::{Actor, Answer, Request, World};
use serde_json::{Value, json};

/// Cohorts with sessions at hours from one moment on.
pub(super) struct Plan<'a> {
    world: &'a World,
    from: DateTime<Utc>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(world: &'a World) -> Self {
        Self { world, from: world.now() }
    }

    pub(super) fn at(&self, hour: i64) -> String {
        (self.from + TimeDelta::hours(hour)).to_rfc3339_opts(SecondsFormat::Micros, true)
    }

    /// Adds a session; gives its address.
    pub(super) async fn meet(&self, cohort: &str, title: &str, from: i64, to: i64) -> String {
        let body =
            json!({"title": title, "startsAt": self.at(from), "endsAt": self.at(to), "meeting": zoom()});
        let path = format!("/v1/cohorts/{cohort}/sessions");
        format!("/v1/sessions/{}", id_of(&self.world.coordinator().post(path, body).await.created()))
    }

    /// A cohort with one session.
    pub(super) async fn cohort(&self, terms: Value, title: &str, from: i64, to: i64) -> String {
        let cohort = self.world.plain_cohort(terms).await;
        self.meet(&cohort, title, from, to).await;
        cohort
    }
}

/// What a refusal says of what overlaps.
fn clashes(answer: Answer) -> Vec<String> {
    let problem = answer.problem(409, "session-clash");
    let errors = problem["errors"].as_array().expect("errors").iter();
    let told = errors.map(|error| {
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!("/acknowledgesClash"), &json!("session-clash"))
        );
        error["detail"].as_str().expect("a detail").to_owned()
    });
    told.collect()
}

fn known() -> Value {
    json!({"acknowledgesClash": true})
}

pub(super) fn accept(actor: &Actor, booking: &Value, body: Value) -> Request {
    actor.post(format!("/v1/bookings/{}/offer/accept", id_of(booking)), body)
}

/// PRG-6.
#[test]
fn who_has_a_place_at_the_same_time_books_another_only_by_saying_that_they_know() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let first = plan.cohort(json!({}), "Module 1", 50, 52).await;
        let second = plan.cohort(json!({}), "Week 1", 51, 53).await;
        plan.meet(&second, "Week 2", 60, 62).await;
        let after = plan.cohort(json!({}), "Evening", 52, 54).await;
        let ellie = world.participant("ellie").await;
        let held = ellie.book(&first, json!({})).await.created();
        assert!(held.get("clashes").is_none(), "{held:#}");
        let told = clashes(ellie.book(&second, json!({})).await);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].contains("“Week 1”") && told[0].contains("“Module 1”"), "{told:#?}");
        assert!(told[0].contains(&plan.at(51)[..13]), "{told:#?}");
        let _ = clashes(ellie.book(&second, json!({"acknowledgesClash": false})).await);
        let booked = ellie.book(&second, known()).await.created();
        assert_eq!(booked["status"], "confirmed");
        let clash = &booked["clashes"][0];
        assert_eq!(
            (&clash["title"], &clash["other"]["title"], &clash["other"]["bookingId"]),
            (&json!("Week 1"), &json!("Module 1"), &held["id"]),
            "{clash:#}"
        );
        assert_eq!(ellie.again(&held).await["clashes"][0]["other"]["bookingId"], booked["id"]);
        let mine = ellie.all("/v1/me/bookings").await;
        assert!(mine.iter().all(|booking| booking["clashes"].is_array()), "{mine:#?}");
        assert!(
            world.coordinator().again(&booked).await.get("clashes").is_none(),
            "it is the person's matter"
        );
        let told = clashes(ellie.book(&after, json!({})).await);
        assert_eq!(told.len(), 1, "what begins as another ends does not overlap: {told:#?}");
        assert!(told[0].contains("“Evening”") && told[0].contains("“Week 1”"), "{told:#?}");
        let _ = ellie.act(&booked, "cancel").await.ok();
        assert_eq!(ellie.book(&after, json!({})).await.created()["status"], "confirmed");
        world.verify_ledgers().await;
    });
}

/// PRG-6: checked when they book, whatever becomes of it; all reasons at once, this one last.
#[test]
fn what_would_only_wait_or_be_pending_is_checked_too_and_stands_last_among_the_reasons() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let first = plan.cohort(json!({}), "Module 1", 50, 52).await;
        let full = plan.cohort(json!({"capacity": 1}), "Week 1", 51, 53).await;
        let asking =
            world.programme_that(json!({"requiresTaster": true, "commitsToAllSessions": true})).await;
        let asking = world.cohort(&asking, json!({})).await;
        plan.meet(&asking, "Day 1", 51, 53).await;
        let ellie = world.participant("ellie").await;
        let _ = ellie.book(&first, json!({})).await.created();
        let _ = world.partner().book_for(&full, "nia").await.created();
        let _ = clashes(ellie.book(&full, json!({})).await);
        assert_eq!(ellie.book(&full, known()).await.created()["status"], "waiting");
        let pending = json!({"commitsToAllSessions": true});
        let _ = clashes(ellie.book(&asking, pending.clone()).await);
        let refused = ellie.book(&asking, json!({})).await.problem(422, "commitment-required");
        let codes: Vec<&Value> =
            refused["errors"].as_array().expect("errors").iter().map(|error| &error["code"]).collect();
        assert_eq!(codes, [&json!("commitment-required"), &json!("session-clash")]);
        let booked = ellie.book(&asking, merged(pending, &known())).await.created();
        assert_eq!(booked["status"], "pending");
    });
}

/// PRG-6, ACC-4, ADM-15, ADM-18.
#[test]
fn who_books_for_another_is_told_of_what_they_may_read_and_else_that_there_is_a_commitment() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let first = plan.cohort(json!({}), "Module 1", 50, 52).await;
        let second = plan.cohort(json!({}), "Week 1", 51, 53).await;
        let partner = world.partner();
        let _ = partner.book_for(&first, "nia").await.created();
        let terms = json!({"name": "Kent Trust", "scopes": ["bookings:write"], "vouchesForEmails": true});
        let other = world.client(terms).await;
        let refused = other.book_for(&second, "nia").await;
        assert!(!refused.text().contains("Module 1"), "{}", refused.described());
        let told = clashes(refused);
        assert!(told[0].contains("“Week 1”") && told[0].contains("another commitment"), "{told:#?}");
        for knows in [&partner, &world.coordinator(), &world.operations()] {
            let told = clashes(knows.book_for(&second, "nia").await);
            assert!(told[0].contains("“Module 1”"), "{told:#?}");
        }
        let check = format!("/v1/cohorts/{second}/eligibility-checks");
        let asked = json!({"participant": participant("nia")});
        assert_eq!(other.post(&check, asked.clone()).await.ok()["clashes"], json!([]));
        let seen = partner.post(&check, asked).await.ok();
        assert_eq!(seen["clashes"][0]["other"]["title"], "Module 1", "{seen:#}");
        let row = |name: &str, more: Value| merged(json!({"participant": participant(name)}), &more);
        let rows = [row("nia", json!({})), row("omar", json!({})), row("nia", known())];
        let path = format!("/v1/cohorts/{second}/bookings/batch");
        let done = other.post(path, json!({"atomic": false, "bookings": rows})).await.ok();
        let statuses: Vec<&Value> =
            done["results"].as_array().expect("results").iter().map(|row| &row["status"]).collect();
        assert_eq!(statuses, [&json!(409), &json!(201), &json!(201)]);
        assert_eq!(done["results"][0]["problem"]["code"], "session-clash");
        let ellie = world.participant("ellie").await;
        let _ = ellie.book(&first, json!({})).await.created();
        assert_eq!(
            ellie.post(&check, json!({})).await.ok()["clashes"][0]["other"]["title"],
            "Module 1",
            "their own is told to them"
        );
    });
}

/// PRG-6: checked when the person accepts.
#[test]
fn an_offer_that_clashes_by_now_is_accepted_only_by_saying_that_they_know() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let first = plan.cohort(json!({"capacity": 1}), "Module 1", 80, 82).await;
        let second = plan.cohort(json!({}), "Week 1", 81, 83).await;
        let (ellie, partner) = (world.participant("ellie").await, world.partner());
        let holder = partner.book_for(&first, "nia").await.created();
        let waiting = ellie.book(&first, json!({})).await.created();
        let _ = ellie.book(&second, json!({})).await.created();
        let _ = partner.act(&holder, "cancel").await.ok();
        let offered = ellie.again(&waiting).await;
        assert_eq!(offered["status"], "offered");
        assert_eq!(offered["clashes"][0]["other"]["title"], "Week 1", "{offered:#}");
        let told = clashes(accept(&ellie, &offered, json!({})).await);
        assert!(told[0].contains("“Module 1”") && told[0].contains("“Week 1”"), "{told:#?}");
        assert_eq!(ellie.again(&waiting).await["status"], "offered", "the offer stands");
        let mail = world.mailbox.about("ellie@trust.example.nhs.uk", "/offer/accept").await;
        assert!(
            mail.text.contains("overlaps with another place") && mail.text.contains("Week 1"),
            "{}",
            mail.text
        );
        let token = mail.token();
        let refused = accept(&world.anonymous(), &offered, json!({"token": token})).await;
        assert!(!refused.text().contains("Week 1"), "a mail can be passed on: {}", refused.described());
        let _ = clashes(refused);
        let taken =
            accept(&world.anonymous(), &offered, json!({"token": token, "acknowledgesClash": true})).await;
        assert_eq!(taken.ok()["status"], "confirmed");
        let _ = Ledger::read(&world.coordinator(), &first).await.check();
    });
}

/// PRG-6, ADM-12.
#[test]
fn an_automatic_vacancy_is_offered_to_who_clashes_and_confirms_who_said_that_they_know() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let terms = json!({"capacity": 2, "vacancies": "automatic"});
        let first = plan.cohort(terms, "Module 1", 80, 82).await;
        let second = plan.cohort(json!({}), "Week 1", 81, 83).await;
        let (ellie, sam, partner) =
            (world.participant("ellie").await, world.participant("sam").await, world.partner());
        let holders = partner.book_all(&first, &["nia", "omar"]).await;
        let silent = ellie.book(&first, json!({})).await.created();
        let _ = sam.book(&second, json!({})).await.created();
        let aware = sam.book(&first, known()).await.created();
        let last = partner.book_for(&first, "pat").await.created();
        let _ = ellie.book(&second, json!({})).await.created();
        for holder in &holders {
            let _ = partner.act(holder, "cancel").await.ok();
        }
        let offered = ellie.again(&silent).await;
        assert_eq!(offered["status"], "offered", "{offered:#}");
        assert_eq!(sam.again(&aware).await["status"], "confirmed");
        let _ = ellie.act(&offered, "offer/decline").await.ok();
        assert_eq!(partner.again(&last).await["status"], "confirmed");
        let ledger = Ledger::read(&world.coordinator(), &first).await.check();
        let asked: Vec<&Value> =
            ledger.entries.iter().filter_map(|entry| entry["facts"].get("clashing")).collect();
        assert_eq!(asked, [&json!([silent["id"]])]);
        world.verify_ledgers().await;
    });
}

/// PRG-6, ADM-6, ADM-24: nobody is confirmed twice by the clock, by a clerk or by a list.
#[test]
fn what_a_clerk_the_clock_or_a_list_brings_about_is_offered_to_who_clashes() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let second = plan.cohort(json!({"capacity": 12}), "Week 1", 81, 83).await;
        let programme = world.plain_programme().await;
        let opening = world.cohort(&programme, json!({"bookingOpensAt": plan.at(5)})).await;
        plan.meet(&opening, "Module 1", 80, 82).await;
        let asking = world.programme_that(json!({"requiresTaster": true})).await;
        let taster = id_of(&world.taster(&asking, -5).await);
        let asking = world.cohort(&asking, json!({})).await;
        plan.meet(&asking, "Day 1", 80, 82).await;
        let (ellie, partner, staff) =
            (world.participant("ellie").await, world.partner(), world.coordinator());
        let gathered = ellie.book(&opening, json!({})).await.created();
        let pending = ellie.book(&asking, json!({})).await.created();
        assert_eq!((&gathered["status"], &pending["status"]), (&json!("waiting"), &json!("pending")));
        let _ = ellie.book(&second, json!({})).await.created();
        let _ = partner.book_for(&second, "nia").await.created();
        let rows =
            json!({"rows": [{"participant": participant("nia")}, {"participant": participant("omar")}]});
        let listed = staff.post(format!("/v1/cohorts/{opening}/bookings/imports"), rows).await.ok();
        assert_eq!(listed["booked"], 2, "a list is not refused for it: {listed:#}");
        let _ = world.attended(&taster, &["ellie"]).await;
        assert_eq!(ellie.again(&pending).await["status"], "offered", "the attendance was a clerk's doing");
        world.advance(TimeDelta::hours(6));
        assert_eq!(ellie.again(&gathered).await["status"], "offered", "the opening was the clock's");
        let statuses: Vec<(Value, Value)> = staff
            .all(&format!("/v1/cohorts/{opening}/bookings"))
            .await
            .into_iter()
            .map(|booking| (booking["participant"]["email"].clone(), booking["status"].clone()))
            .collect();
        for (name, status) in [("nia", "offered"), ("omar", "confirmed")] {
            let told = (participant(name)["email"].clone(), json!(status));
            assert!(statuses.contains(&told), "{told:?} in {statuses:#?}");
        }
        for cohort in [&opening, &asking] {
            let _ = Ledger::read(&staff, cohort).await.check();
        }
        world.verify_ledgers().await;
    });
}

/// PRG-6: told, not acted on, and once for a change.
#[test]
fn a_clash_that_a_moved_or_added_session_brings_about_is_told_once_and_nothing_is_taken() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let first = plan.cohort(json!({}), "Module 1", 80, 82).await;
        let second = world.plain_cohort(json!({})).await;
        let week = plan.meet(&second, "Week 1", 90, 92).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let held =
            [ellie.book(&first, json!({})).await.created(), ellie.book(&second, json!({})).await.created()];
        let _ = sam.book(&second, json!({})).await.created();
        let email = "ellie@trust.example.nhs.uk";
        let told =
            || world.mailbox.to(email).into_iter().filter(|mail| mail.subject.contains("overlap")).count();
        let staff = world.coordinator();
        let moved = |from: i64, to: i64| json!({"startsAt": plan.at(from), "endsAt": plan.at(to)});
        let _ = staff.patch(&week, moved(81, 83)).await.ok();
        let mail = world.mailbox.about(email, "They overlap now").await;
        assert!(mail.text.contains("Week 1") && mail.text.contains("Module 1"), "{}", mail.text);
        for booking in &held {
            let now = ellie.again(booking).await;
            assert_eq!((&now["status"], now["clashes"].is_array()), (&json!("confirmed"), true), "{now:#}");
        }
        let _ = staff.patch(&week, moved(79, 83)).await.ok();
        let _ = staff.patch(&week, json!({"title": "Week one"})).await.ok();
        plan.meet(&first, "Module 2", 82, 84).await;
        let mail = world.mailbox.about(email, "Module 2").await;
        assert!(mail.subject.contains("overlap"), "{}", mail.text);
        assert_eq!(told(), 2, "not for what overlapped already");
        let others = world.mailbox.to("sam@trust.example.nhs.uk");
        assert!(others.iter().all(|mail| !mail.subject.contains("overlap")));
        world.verify_ledgers().await;
    });
}

/// PRG-6, PRG-7, ADM-23: a place that is left, and a cohort that does not take place, are in nobody's way.
#[test]
fn a_place_that_is_left_and_a_cancelled_cohort_clash_with_nothing() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let programme = world.plain_programme().await;
        let (here, there) =
            (world.cohort(&programme, json!({})).await, world.cohort(&programme, json!({})).await);
        for cohort in [&here, &there] {
            plan.meet(cohort, "Module 1", 80, 82).await;
        }
        let other = plan.cohort(json!({}), "Week 1", 81, 83).await;
        let ellie = world.participant("ellie").await;
        let mut held = ellie.book(&here, json!({})).await.created();
        let go =
            |booking: &Value, body: Value| ellie.post(format!("/v1/bookings/{}/move", id_of(booking)), body);
        held = go(&held, json!({"cohortId": there})).await.ok();
        assert_eq!(held["status"], "confirmed");
        let second = ellie.book(&other, known()).await.created();
        assert_eq!(clashes(go(&held, json!({"cohortId": here})).await).len(), 1);
        held = go(&held, json!({"cohortId": here, "acknowledgesClash": true})).await.ok();
        let _ = world.coordinator().post(format!("/v1/cohorts/{other}/cancel"), json!({})).await.ok();
        assert_eq!(ellie.again(&second).await["status"], "closed");
        assert!(ellie.again(&held).await.get("clashes").is_none());
        held = go(&held, json!({"cohortId": there})).await.ok();
        assert_eq!(held["status"], "confirmed");
    });
}

/// PRG-6, ADM-21: of choices that end each other only one is held; those that are kept can clash.
#[test]
fn choices_of_one_form_clash_only_where_all_of_them_are_kept() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let programme = world.plain_programme().await;
        let (first, second) =
            (world.cohort(&programme, json!({})).await, world.cohort(&programme, json!({})).await);
        plan.meet(&first, "Module 1", 80, 82).await;
        plan.meet(&second, "Module 1", 81, 83).await;
        let form = |when: &str| json!({"cohorts": [first, second], "whenPlaced": when});
        let path = format!("/v1/programmes/{programme}/bookings");
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let sent = ellie.post(&path, form("end_others")).await.created();
        assert_eq!(sent["bookings"][0]["status"], "confirmed", "{sent:#}");
        assert_eq!(sent["bookings"][1]["status"], "closed", "{sent:#}");
        let _ = sam.post(&path, form("keep_others")).await.problem(409, "session-clash");
        let sent = sam.post(&path, merged(form("keep_others"), &known())).await.created();
        assert_eq!(sent["bookings"][1]["status"], "confirmed", "{sent:#}");
        world.verify_ledgers().await;
    });
}
