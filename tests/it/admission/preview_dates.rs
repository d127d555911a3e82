//! What a change of dates would do, told before it is made, and it comes so (ADM-14).

use super::clashes::Plan;
use super::forms::rank_for;
use crate::on_both;
use chrono::TimeDelta;
use harness::World;
use harness::ledger::{Ledger, time};
use harness::s2::{answers, id_of, merged, participant, zoom};
use serde_json::{Value, json};

/// What a preview must leave as it is; of mails that go out meanwhile only which there are.
const KEPT: [&str; 8] = [
    "cohort_desk",
    "booking",
    "ledger_entry",
    "audit",
    "cohort",
    "session",
    "mail_token",
    "catalogue_version",
];

async fn rows(world: &World) -> Vec<Vec<String>> {
    let mut all = vec![world.database.ids("outbox").await];
    for table in KEPT {
        let mut rows = world.database.dump(table).await;
        rows.sort();
        all.push(rows);
    }
    all
}

/// What a preview tells; it changes nothing.
async fn previewed(world: &World, cohort: &str, change: Value) -> Value {
    let staff = world.coordinator();
    let _ = staff.cohort(cohort).await;
    let before = rows(world).await;
    let told = staff.post(format!("/v1/cohorts/{cohort}/preview"), change).await.ok();
    assert!(rows(world).await == before, "a preview changed something: {told:#}");
    assert_eq!(told["ahead"]["complete"], true, "{told:#}");
    told
}

/// A booking as an entry decides it. The exact end of an offer is held against the preview by the caller: it runs from
/// when the entry is made.
fn decided(booking: &Value) -> (Value, Value, Value, bool) {
    let [id, status, reason] = ["bookingId", "status", "closedReason"].map(|name| booking[name].clone());
    (id, status, reason, booking["offerExpiresAt"].is_string())
}

type Come = (String, Vec<(Value, Value, Value, bool)>);

fn come(entry: &Value, bookings: &str) -> Come {
    let list = entry[bookings].as_array().into_iter().flatten().map(decided);
    (entry["kind"].as_str().unwrap_or_default().to_owned(), list.collect())
}

/// Once the change was made that a preview told of: lets the time pass to each moment that it names, and holds what has
/// come against it.
async fn comes_true(world: &World, cohort: &str, told: &Value) {
    let staff = world.coordinator();
    let made = Ledger::read(&staff, cohort).await.entries.len();
    let programme = staff.cohort(cohort).await["programmeId"].as_str().expect("an id").to_owned();
    let entries = told["ahead"]["entries"].as_array().expect("entries");
    for (late, entry) in (1..).zip(entries) {
        let at = time(&entry["at"]).expect("a moment");
        // An offer that is made a little later than was told ends a little later.
        world.advance_to((at + TimeDelta::seconds(20 * late)).max(world.now()));
        // What is due is entered where it is read, in all cohorts of the programme.
        let _ = staff.all(&format!("/v1/programmes/{programme}/cohorts")).await;
    }
    let ledger = Ledger::read(&staff, cohort).await.check();
    let came: Vec<Come> = ledger.entries[made..].iter().map(|entry| come(entry, "decisions")).collect();
    let foretold: Vec<Come> = entries.iter().map(|entry| come(entry, "bookings")).collect();
    assert_eq!(foretold, came, "{told:#}");
    for (most, (entry, came)) in (1..).zip(entries.iter().zip(&ledger.entries[made..])) {
        let late = time(&came["moment"]).expect("a moment") - time(&entry["at"]).expect("a moment");
        assert!(late.num_seconds().abs() <= 20 * most, "{entry:#} came {came:#}");
    }
    world.verify_ledgers().await;
}

fn kinds(told: &Value) -> Vec<&str> {
    let entries = told["ahead"]["entries"].as_array().expect("entries");
    entries.iter().map(|entry| entry["kind"].as_str().expect("a kind")).collect()
}

/// How an entry decides its bookings, in order.
fn statuses(entry: &Value) -> Vec<String> {
    let bookings = entry["bookings"].as_array().expect("bookings");
    let words = |booking: &Value| match booking["closedReason"].as_str() {
        Some(reason) => reason.to_owned(),
        None => booking["status"].as_str().expect("a status").to_owned(),
    };
    bookings.iter().map(words).collect()
}

async fn change(world: &World, cohort: &str, change: Value) {
    let _ = world.coordinator().patch(format!("/v1/cohorts/{cohort}"), change).await.ok();
}

/// ADM-14, ADM-6.
#[test]
fn a_preview_of_another_opening_tells_who_gets_a_place_then() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 2, "bookingOpensAt": world.in_hours(50)})).await;
        let bookings = world.partner().book_all(&cohort, &["nia", "omar", "pat"]).await;
        let opens = world.in_hours(5);
        let told = previewed(&world, &cohort, json!({"bookingOpensAt": opens})).await;
        assert_eq!((&told["bookings"], &told["placesTaken"]), (&json!([]), &json!(0)), "nothing at once");
        assert_eq!(kinds(&told), ["booking_opened"]);
        let opening = &told["ahead"]["entries"][0];
        assert_eq!(time(&opening["at"]), time(&json!(opens)));
        assert_eq!(statuses(opening), ["confirmed", "confirmed"]);
        assert_eq!(opening["bookings"][0]["bookingId"], bookings[0]["id"]);
        let at_once = previewed(&world, &cohort, json!({"bookingOpensAt": null})).await;
        assert_eq!((at_once["bookingCount"].as_u64(), kinds(&at_once).len()), (Some(2), 0), "{at_once:#}");
        change(&world, &cohort, json!({"bookingOpensAt": opens})).await;
        comes_true(&world, &cohort, &told).await;
    });
}

/// ADM-14, PRG-7: who is marked for a taster becomes a claim when it ends, if that lies before the closing.
#[test]
fn a_preview_of_another_closing_tells_whose_claim_comes_too_late() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        let _ = world.session(&s2.cohort, 48).await;
        let taster = id_of(&world.taster(&s2.programme, 6).await);
        let _ = world.attended(&taster, &["nia", "omar"]).await;
        for name in ["nia", "omar"] {
            let body = json!({"participant": participant(name), "answers": answers()});
            let booked = world.partner().book(&s2.cohort, body).await.created();
            assert_eq!(booked["status"], "pending");
        }
        let early = previewed(&world, &s2.cohort, json!({"bookingClosesAt": world.in_hours(5)})).await;
        assert_eq!(kinds(&early), ["booking_closed", "cohort_started"]);
        let late = ["booking_closed", "booking_closed"];
        assert_eq!(statuses(&early["ahead"]["entries"][1]), late);
        let closes = json!({"bookingClosesAt": world.in_hours(9)});
        let told = previewed(&world, &s2.cohort, closes.clone()).await;
        assert_eq!(kinds(&told), ["claim", "claim", "booking_closed", "cohort_started"]);
        assert_eq!(statuses(&told["ahead"]["entries"][0]), ["confirmed"]);
        assert_eq!(statuses(&told["ahead"]["entries"][3]), ["booking_closed"]);
        change(&world, &s2.cohort, closes).await;
        comes_true(&world, &s2.cohort, &told).await;
    });
}

/// A cohort with one place, offered to the second of these people, with a session in so many hours: its id, the
/// session's and the bookings.
async fn offered(world: &World, terms: Value, hours: i64, names: &[&str]) -> (String, Value, Vec<Value>) {
    let cohort = world.plain_cohort(merged(json!({"capacity": 1}), &terms)).await;
    let session = world.session(&cohort, hours).await;
    let bookings = world.partner().book_all(&cohort, names).await;
    let _ = world.partner().act(&bookings[0], "cancel").await.ok();
    (cohort, session, bookings)
}

/// ADM-14, PRG-3.
#[test]
fn a_preview_tells_which_offers_are_cut_where_they_stop_earlier() {
    on_both(async |world| {
        let (cohort, session, bookings) = offered(&world, json!({}), 60, &["nia", "omar", "pat"]).await;
        let stop = json!({"offersStopHours": 24});
        let told = previewed(&world, &cohort, stop.clone()).await;
        assert_eq!(kinds(&told), ["expiry", "cohort_started"], "nothing goes out after it: {told:#}");
        let cut = &told["ahead"]["entries"][0];
        let start = time(&session["startsAt"]).expect("a moment");
        assert_eq!(time(&cut["at"]), Some(start - TimeDelta::hours(24)));
        assert_eq!(cut["bookings"][0]["bookingId"], bookings[1]["id"]);
        assert_eq!(statuses(cut), ["offer_expired"]);
        change(&world, &cohort, stop).await;
        comes_true(&world, &cohort, &told).await;
    });
}

fn to(plan: &Plan<'_>, session: &Value, from: i64, until: i64) -> (Value, Value) {
    let times = json!({"startsAt": plan.at(from), "endsAt": plan.at(until)});
    (json!({"sessions": [merged(times.clone(), &json!({"id": session["id"]}))]}), times)
}

/// ADM-14, PRG-7, PRG-8.
#[test]
fn a_preview_of_a_moved_session_tells_who_is_closed_and_who_is_carried_over_at_the_new_start() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let s2 = world.s2(json!({"capacity": 1})).await;
        let session = world.session(&s2.cohort, 200).await;
        let _ = world.attended(&s2.taster, &["nia", "omar", "pat"]).await;
        let mut bookings = Vec::new();
        for (name, goes_on) in [("nia", false), ("omar", true), ("pat", false), ("quinn", true)] {
            let body = json!({"participant": participant(name), "answers": answers(), "carryOver": goes_on});
            bookings.push(world.partner().book(&s2.cohort, body).await.created());
        }
        let (changes, times) = to(&plan, &session, 30, 32);
        let told = previewed(&world, &s2.cohort, changes).await;
        let start = time(&times["startsAt"]);
        assert_eq!(time(&told["firstSessionAt"]), start);
        assert_eq!(kinds(&told), ["cohort_started"]);
        let started = &told["ahead"]["entries"][0];
        assert_eq!((time(&started["at"]), &started["bookingCount"]), (start, &json!(3)));
        let going = started["bookings"].as_array().expect("bookings").iter();
        let going: Vec<_> = going.map(|one| (&one["bookingId"], &one["carriesOver"])).collect();
        let [waits, stays, pending] = [1, 2, 3].map(|index: usize| &bookings[index]["id"]);
        assert_eq!(going, [(waits, &json!(true)), (stays, &json!(false)), (pending, &json!(false))]);
        let _ = world.coordinator().patch(format!("/v1/sessions/{}", id_of(&session)), times).await.ok();
        comes_true(&world, &s2.cohort, &told).await;
    });
}

/// ADM-14, ADM-17, PRG-3: each lapse, and who is offered the place next, up to the new start.
#[test]
fn a_preview_of_a_moved_session_follows_a_place_that_nobody_accepts() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let terms = json!({"afterLapse": "requeue", "offerWindowHours": 10, "offersStopHours": 2});
        let (cohort, session, _) = offered(&world, terms, 12, &["nia", "omar", "pat", "quinn"]).await;
        let (changes, times) = to(&plan, &session, 37, 39);
        let told = previewed(&world, &cohort, changes).await;
        assert_eq!(kinds(&told), ["expiry", "expiry", "expiry", "expiry", "cohort_started"], "{told:#}");
        let entries = &told["ahead"]["entries"];
        assert_eq!(statuses(&entries[0]), ["waiting", "offered"]);
        assert_eq!(statuses(&entries[2]), ["waiting", "offered"], "omar again");
        let stop = time(&json!(plan.at(35)));
        assert_eq!(
            (time(&entries[2]["bookings"][1]["offerExpiresAt"]), time(&entries[3]["at"])),
            (stop, stop)
        );
        let _ = world.coordinator().patch(format!("/v1/sessions/{}", id_of(&session)), times).await.ok();
        comes_true(&world, &cohort, &told).await;
    });
}

/// ADM-14, PRG-9, ADM-6.
#[test]
fn a_preview_tells_what_another_release_and_the_end_of_the_last_taster_bring() {
    on_both(async |world| {
        let reserve = json!({"title": "South East", "places": 1, "eligibility": {"region": ["south_east"]},
            "releasesAt": world.in_hours(90)});
        let terms = json!({"capacity": 1, "vacancies": "automatic", "reserves": [reserve]});
        let cohort = world.plain_cohort(terms).await;
        let _ = world.session(&cohort, 48).await;
        let _ = world.partner().book_all(&cohort, &["nia", "omar"]).await;
        let kept = world.coordinator().cohort(&cohort).await["reserves"][0].clone();
        let release = json!({"reserves": [merged(kept, &json!({"releasesAt": world.in_hours(20)}))]});
        let told = previewed(&world, &cohort, release.clone()).await;
        assert_eq!(kinds(&told), ["reserve_released", "cohort_started"]);
        assert_eq!(statuses(&told["ahead"]["entries"][0]), ["confirmed"]);
        change(&world, &cohort, release).await;
        comes_true(&world, &cohort, &told).await;

        let s2 = world.s2(json!({"capacity": 1, "settlesFirst": "tasters_sealed"})).await;
        let _ = world.attended(&s2.taster, &["nia", "omar"]).await;
        for name in ["nia", "omar"] {
            let body = json!({"participant": participant(name), "answers": answers()});
            assert_eq!(world.partner().book(&s2.cohort, body).await.created()["status"], "waiting");
        }
        let hours = json!({"settlesAfterHours": 24});
        let told = previewed(&world, &s2.cohort, hours.clone()).await;
        assert_eq!(kinds(&told), ["tasters_sealed"]);
        assert_eq!(statuses(&told["ahead"]["entries"][0]), ["confirmed"]);
        change(&world, &s2.cohort, hours).await;
        comes_true(&world, &s2.cohort, &told).await;
    });
}

/// ADM-14, ADM-21: a place in one cohort ends the other choices of a form, at its own moment.
#[test]
fn a_preview_goes_along_with_the_cohorts_that_forms_tie_to_it() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let opens = |hours: i64| json!({"capacity": 1, "bookingOpensAt": world.in_hours(hours)});
        let (first, second) =
            (world.cohort(&programme, opens(5)).await, world.cohort(&programme, opens(50)).await);
        let both = [first.as_str(), second.as_str()];
        let ann = rank_for(&world, "ann", &programme, &both, json!({})).await.created();
        let bea = world.partner().book_for(&second, "bea").await.created();
        let sooner = json!({"bookingOpensAt": world.in_hours(30)});
        let told = previewed(&world, &second, sooner.clone()).await;
        assert_eq!(kinds(&told), ["placed_elsewhere", "booking_opened"]);
        let [left, opened] = [0, 1].map(|index: usize| &told["ahead"]["entries"][index]);
        assert_eq!(left["at"], world.coordinator().cohort(&first).await["bookingOpensAt"]);
        assert_eq!(left["bookings"][0]["bookingId"], ann["bookings"][1]["id"]);
        assert_eq!(opened["bookings"][0]["bookingId"], bea["id"]);
        change(&world, &second, sooner).await;
        comes_true(&world, &second, &told).await;
    });
}

/// ADM-14, PRG-6: what people have elsewhere is not told, and nobody is told of a preview.
#[test]
fn a_preview_of_an_added_session_tells_nobody_of_clashes_and_nothing_of_them() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let first = plan.cohort(json!({}), "Module 1", 80, 82).await;
        let second = world.plain_cohort(json!({"capacity": 2})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        for (person, cohort) in [(&ellie, &first), (&ellie, &second), (&sam, &second)] {
            assert_eq!(person.book(cohort, json!({})).await.created()["status"], "confirmed");
        }
        let waiting = world.partner().book_for(&second, "nia").await.created();
        let session = |from: i64, to: i64| json!({"title": "Week 1", "startsAt": plan.at(from), "endsAt": plan.at(to), "meeting": zoom()});
        let apart = previewed(&world, &second, json!({"sessions": [session(82, 84)]})).await;
        assert_eq!(time(&apart["firstSessionAt"]), time(&json!(plan.at(82))));
        let told = previewed(&world, &second, json!({"sessions": [session(81, 83), session(80, 81)]})).await;
        assert_eq!(time(&told["firstSessionAt"]), time(&json!(plan.at(80))));
        assert_eq!(kinds(&told), ["cohort_started"]);
        assert_eq!(told["ahead"]["entries"][0]["bookings"][0]["bookingId"], waiting["id"]);
        let words = |mail: &harness::Mail| mail.subject.contains("overlap");
        assert!(!world.mailbox.all().iter().any(words), "nobody is told of a preview");
        plan.meet(&second, "Week 1", 81, 83).await;
        plan.meet(&second, "Week 1", 80, 81).await;
        let _ = world.mailbox.about("ellie@trust.example.nhs.uk", "They overlap now").await;
        assert!(world.mailbox.to("sam@trust.example.nhs.uk").iter().all(|mail| !words(mail)));
        comes_true(&world, &second, &told).await;
    });
}

/// ADM-14, ACC-4: dates could be tried one after the other, and nobody would know.
#[test]
fn a_preview_of_sessions_asks_nobody_for_their_week() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let first = plan.cohort(json!({}), "Module 1", 80, 82).await;
        let second = world.plain_cohort(json!({"capacity": 1, "vacancies": "automatic"})).await;
        let _ = world.partner().book_for(&second, "nia").await.created();
        let tom = world.participant("tom").await;
        for cohort in [&first, &second] {
            let _ = tom.book(cohort, json!({})).await.created();
        }
        let mut told = Vec::new();
        for from in [81, 82] {
            let session = json!({"title": "Week 1", "startsAt": plan.at(from), "endsAt": plan.at(from + 1), "meeting": zoom()});
            let seen = previewed(&world, &second, json!({"capacity": 2, "sessions": [session]})).await;
            told.push(seen["bookings"].clone());
        }
        assert_eq!(told[0][0]["status"], "confirmed", "{told:?}");
        assert_eq!(told[0], told[1], "whether they have a place at the same time or not");
    });
}

/// ADM-14: with the answer of the real change.
#[test]
fn a_preview_of_sessions_refuses_what_their_change_would_with_all_faults_at_once() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let cohort = world.plain_cohort(json!({"capacity": 2})).await;
        let session = id_of(&world.session(&cohort, 48).await);
        let other = world.plain_cohort(json!({})).await;
        let elsewhere = id_of(&world.session(&other, 48).await);
        let staff = world.coordinator();
        let path = format!("/v1/cohorts/{cohort}/preview");
        let wrong = json!({"capacity": 0, "colour": "blue", "sessions": [
            {"id": session, "startsAt": plan.at(60), "endsAt": plan.at(59)}, {"id": elsewhere, "title": ""},
            {"id": session}, {"id": "x"}, {"title": "New", "startsAt": "soon"}, 7, {"id": null}
        ]});
        let all = [
            "/capacity out-of-range",
            "/colour unknown-field",
            "/sessions/0/endsAt ends-before-start",
            "/sessions/1/id unknown-session",
            "/sessions/2/id duplicate",
        ];
        let answer = staff.post(&path, wrong).await.problem(422, "invalid");
        let told: Vec<String> = answer["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|fault| {
                format!(
                    "{} {}",
                    fault["pointer"].as_str().unwrap_or_default(),
                    fault["code"].as_str().unwrap_or_default()
                )
            })
            .collect();
        for fault in all {
            assert!(told.iter().any(|one| one == fault), "{fault} in {told:#?}");
        }
        for pointer in
            ["/sessions/3/id", "/sessions/4/startsAt", "/sessions/4/meeting", "/sessions/5", "/sessions/6/id"]
        {
            assert!(told.iter().any(|one| one.starts_with(&format!("{pointer} "))), "{pointer} in {told:#?}");
        }
        staff.post(&path, json!({"sessions": {}})).await.faults("invalid", &["/sessions wrong-type"]);

        let run = json!({"facilitatorId": world.id_of("byron")});
        let _ = staff.patch(format!("/v1/sessions/{elsewhere}"), run.clone()).await.ok();
        let real =
            staff.patch(format!("/v1/sessions/{session}"), run.clone()).await.problem(409, "session-clash");
        let put = json!({"sessions": [merged(run, &json!({"id": session}))]});
        let refused = staff.post(&path, put).await.problem(409, "session-clash");
        assert_eq!(refused["detail"], real["detail"]);
        assert_eq!(refused["errors"][0]["detail"], real["errors"][0]["detail"]);
        assert_eq!(refused["errors"][0]["pointer"], "/sessions/0/facilitatorId");

        let (moved, times) = to(&plan, &json!({"id": session}), 60, 62);
        world.partner().post(&path, moved.clone()).await.problem(403, "forbidden");
        let _ = staff.post(format!("/v1/cohorts/{cohort}/cancel"), json!({})).await.ok();
        staff.patch(format!("/v1/sessions/{session}"), times).await.problem(409, "cohort-ended");
        staff.post(&path, moved).await.problem(409, "cohort-ended");
    });
}

/// ADM-14: the cohort is not held for long, and the answer says that there is more.
#[test]
fn a_preview_looks_at_so_many_moments_and_says_when_there_are_more() {
    on_both(async |world| {
        let terms = json!({"capacity": 1, "afterLapse": "requeue", "offerWindowHours": 1});
        let names: Vec<String> = (0..25).map(|n| format!("person{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (cohort, _, _) = offered(&world, terms, 400, &names).await;
        let told = world.coordinator().post(format!("/v1/cohorts/{cohort}/preview"), json!({})).await.ok();
        assert_eq!((kinds(&told).len(), &told["ahead"]["complete"]), (40, &json!(false)));
        let whole = previewed(&world, &cohort, json!({"offersStopHours": 390})).await;
        assert_eq!(kinds(&whole).last(), Some(&"cohort_started"));
    });
}
