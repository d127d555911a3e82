//! Existing lists come in before booking opens, with a dry run (ADM-24).

use crate::on_both;
use chrono::{DateTime, TimeDelta, Utc};
use harness::ledger::{Ledger, time};
use harness::s2::{answers, compassionate_leadership, fresh_slug, id_of, joining_form, merged, participant};
use harness::{Actor, Request, World};
use serde_json::{Value, json};

/// What a list that is refused or tried must leave as it was.
const TABLES: [&str; 10] = [
    "booking",
    "booking_import",
    "cohort_desk",
    "ledger_entry",
    "mail_token",
    "person",
    "person_email",
    "organisation",
    "refused_attempt",
    "audit",
];

async fn everything(world: &World) -> Vec<Vec<String>> {
    // Mail that was due before is sent meanwhile.
    let mut dumps = vec![world.database.ids("outbox").await];
    for table in TABLES {
        dumps.push(world.database.dump(table).await);
    }
    dumps
}

/// A cohort whose booking opens in two days.
async fn gathering(world: &World, terms: Value) -> String {
    world.plain_cohort(merged(json!({"bookingOpensAt": world.in_hours(48)}), &terms)).await
}

fn list(actor: &Actor, cohort: &str, dry: bool, rows: &[Value]) -> Request {
    actor.post(format!("/v1/cohorts/{cohort}/bookings/imports?dryRun={dry}"), json!({"rows": rows}))
}

fn file(actor: &Actor, cohort: &str, dry: bool, text: &str) -> Request {
    let path = format!("/v1/cohorts/{cohort}/bookings/imports?dryRun={dry}");
    actor.request("POST", path).bytes("text/csv; charset=utf-8", text.to_owned())
}

fn row(name: &str) -> Value {
    json!({"participant": participant(name)})
}

fn asked(name: &str, moment: &str) -> Value {
    let earlier =
        json!({"moment": moment, "evidence": "Email in the old mailbox", "reason": "The old form was down"});
    merged(row(name), &json!({"earlierMoment": earlier}))
}

fn column(answer: &Value, name: &str) -> Vec<Value> {
    answer["results"].as_array().expect("results").iter().map(|result| result[name].clone()).collect()
}

async fn waiting(world: &World, cohort: &str) -> Vec<Value> {
    let list = world.coordinator().all(&format!("/v1/cohorts/{cohort}/waiting-list")).await;
    list.iter().map(|booking| booking["participant"]["email"].clone()).collect()
}

fn emails(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| participant(name)["email"].clone()).collect()
}

/// ADM-5, ADM-12, ADM-24.
#[test]
fn a_dry_run_shows_exactly_what_the_import_then_does_and_changes_nothing() {
    on_both(async |world| {
        let cohort = gathering(&world, json!({"capacity": 1})).await;
        let before = world.partner().book_for(&cohort, "first").await.created();
        let rows = [
            row("plain"),
            asked("late", &world.in_hours(-24)),
            asked("early", &world.in_hours(-72)),
            row("first"),
        ];
        let coordinator = world.coordinator();
        let untouched = everything(&world).await;
        let dry = list(&coordinator, &cohort, true, &rows).await.ok();
        assert_eq!(everything(&world).await, untouched, "a dry run changes nothing");
        assert_eq!(column(&dry, "outcome"), ["booked", "booked", "booked", "unchanged"]);
        assert_eq!(column(&dry, "position"), [json!(4), json!(2), json!(1), json!(3)]);
        assert_eq!(column(&dry, "bookingId")[..3], [json!(null), json!(null), json!(null)]);
        assert_eq!(column(&dry, "bookingId")[3], before["id"]);
        let done = list(&coordinator, &cohort, false, &rows).await.ok();
        for name in ["index", "line", "outcome", "status", "position", "importedMoment", "missing"] {
            assert_eq!(column(&done, name), column(&dry, name), "{name}");
        }
        assert_eq!(column(&done, "moment")[1..], column(&dry, "moment")[1..]);
        assert_eq!(
            (&done["booked"], &done["unchanged"], &done["dryRun"]),
            (&json!(3), &json!(1), &json!(false))
        );
        assert_eq!(waiting(&world, &cohort).await, emails(&["early", "late", "first", "plain"]));
        let ledger = Ledger::read(&coordinator, &cohort).await.check();
        let marks: Vec<Value> =
            ledger.entries[1..].iter().map(|e| e["facts"]["importedMoment"].clone()).collect();
        assert_eq!(marks, [json!(null), json!(true), json!(true), json!(null)], "entered in order of rank");
        world.verify_ledgers().await;
        world.advance(TimeDelta::hours(49));
        let _ = coordinator.cohort(&cohort).await;
        let early = coordinator.booking(column(&done, "bookingId")[2].as_str().expect("an id")).await;
        assert_eq!(early["status"], "confirmed", "who had asked first has the place");
        let _ = Ledger::read(&coordinator, &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// ADM-24.
#[test]
fn the_same_list_twice_changes_nothing_even_of_who_has_left() {
    on_both(async |world| {
        let cohort = gathering(&world, json!({})).await;
        let coordinator = world.coordinator();
        let rows = [asked("nia", &world.in_hours(-24)), row("omar")];
        let first = list(&coordinator, &cohort, false, &rows).await.ok();
        let gone = coordinator.booking(column(&first, "bookingId")[1].as_str().expect("an id")).await;
        let _ = coordinator.act(&gone, "cancel").await.ok();
        let untouched = everything(&world).await;
        let again = list(&coordinator, &cohort, false, &rows).await.ok();
        assert_eq!(everything(&world).await, untouched);
        assert_eq!(column(&again, "outcome"), ["unchanged", "unchanged"]);
        assert_eq!(column(&again, "bookingId"), column(&first, "bookingId"));
        assert_eq!(column(&again, "status"), ["waiting", "closed"]);
    });
}

const HEAD: &str = "email,fullName,answers.team,answers.consent,moment,evidence,reason,jobRole";

/// ADM-24.
#[test]
fn a_file_is_read_by_its_columns_and_a_bad_one_is_refused_whole_with_its_lines() {
    on_both(async |world| {
        let eligible =
            json!({"eligibility": {"jobRole": ["practice_manager"]}, "joiningForm": joining_form()});
        let programme = world.programme_that(eligible).await;
        let cohort = world.cohort(&programme, json!({"bookingOpensAt": world.in_hours(48)})).await;
        let (coordinator, past, future) = (world.coordinator(), world.in_hours(-9), world.in_hours(9));
        let untouched = everything(&world).await;
        let bad = format!(
            "{HEAD}\nnobody,N,Ward 1,yes,,,,practice_manager\na@b.uk,A,Ward 2,maybe,{past},,,practice_manager\n\
             c@d.uk,,Ward 3,yes,soon,x,y,Practice Manager\nc@e.uk,C,W,yes,,,,practice_manager\n\n C@E.uk ,C,W,yes,,,,practice_manager\n"
        );
        let expected = [
            "line 2 invalid-email",
            "line 3 required",
            "line 3 required",
            "line 4 too-short",
            "line 4 invalid-time",
            "line 4 invalid-code",
            "line 7 duplicate",
        ];
        let problem = file(&coordinator, &cohort, false, &bad).await.problem(422, "invalid");
        let told: Vec<String> = problem["errors"]
            .as_array()
            .expect("faults")
            .iter()
            .map(|fault| format!("line {} {}", fault["line"], fault["code"].as_str().unwrap_or_default()))
            .collect();
        assert_eq!(told.len(), expected.len(), "{problem:#}");
        assert!(expected.iter().all(|one| told.iter().any(|t| t.split(' ').nth(1) == one.split(' ').nth(1))));
        let gate = format!(
            "{HEAD}\na@b.uk,A,Ward 2,maybe,,,,practice_manager\nn@b.uk,N,Ward 2,yes,,,,practice_nurse\n\
             f@b.uk,F,Ward 2,yes,{future},x,y,practice_manager\ng@b.uk,G,,yes,,,,practice_manager\nh@b.uk,H,W,yes,,,,practice_manager\n"
        );
        let refused = file(&coordinator, &cohort, true, &gate).await;
        let of_gate =
            ["line 2 wrong-type", "line 3 not-eligible", "line 4 not-in-the-past", "line 5 required"];
        let _ = refused.faults("invalid", &of_gate);
        let none = file(&coordinator, &cohort, false, "email,shoeSize\n").await;
        let _ = none.faults("invalid", &["line 1 unknown-column", "line 1 required"]);
        let binary = coordinator.request("POST", format!("/v1/cohorts/{cohort}/bookings/imports"));
        let _ = binary
            .bytes("text/csv", b"PK\x03\x04\0".to_vec())
            .await
            .faults("invalid", &["line 1 invalid-character"]);
        let _ = file(&coordinator, &cohort, false, "").await.faults("invalid", &["line 1 empty-file"]);
        assert_eq!(everything(&world).await, untouched, "nothing of a bad file is kept");
        let good = format!(
            "\u{feff}{HEAD}\r\n\"h@b.uk\",\"Hana, of Ward 4\",Ward 4,YES,{past},\"Paper form, signed\",Post was late,practice_manager\r\n\
             i@b.uk,Ines,Ward 5,true,,,,\r\n"
        );
        let done = file(&coordinator, &cohort, false, &good).await.ok();
        assert_eq!(
            (column(&done, "line"), column(&done, "status")),
            (vec![json!(2), json!(3)], vec![json!("waiting"), json!("pending")])
        );
        assert_eq!(column(&done, "missing"), [json!([]), json!(["eligible"])], "pending like anybody else");
        let hana = coordinator.booking(column(&done, "bookingId")[0].as_str().expect("an id")).await;
        assert_eq!(hana["participant"]["fullName"], "Hana, of Ward 4");
        assert_eq!(hana["answers"], json!({"team": "Ward 4", "consent": true}));
    });
}

/// ADM-24.
#[test]
fn all_faults_of_a_json_list_come_at_once_with_their_pointers() {
    on_both(async |world| {
        let cohort = gathering(&world, json!({})).await;
        let coordinator = world.coordinator();
        let no_reason = json!({"moment": world.in_hours(-5), "evidence": "An email"});
        let rows = [
            merged(row("a"), &json!({"earlierMoment": no_reason, "tasterCode": "X"})),
            row("b"),
            row("b"),
            json!("x"),
            asked("c", "2027-01-01"),
        ];
        let faults = [
            "/rows/0/earlierMoment/reason required",
            "/rows/0/tasterCode unknown-field",
            "/rows/2/participant/email duplicate",
            "/rows/3 wrong-type",
            "/rows/4/earlierMoment/moment invalid-time",
        ];
        let _ = list(&coordinator, &cohort, true, &rows).await.faults("invalid", &faults);
        let late = [row("a"), asked("b", &world.in_hours(1))];
        let refused = list(&coordinator, &cohort, false, &late).await;
        let _ = refused.faults("invalid", &["/rows/1/earlierMoment/moment not-in-the-past"]);
        let _ = list(&coordinator, &cohort, false, &[]).await.faults("invalid", &["/rows out-of-range"]);
        let many: Vec<Value> = (0..501).map(|n| row(&format!("p{n}"))).collect();
        let _ = list(&coordinator, &cohort, true, &many).await.faults("invalid", &["/rows out-of-range"]);
        let path = format!("/v1/cohorts/{cohort}/bookings/imports");
        let text = coordinator.request("POST", &path).bytes("text/plain", "a,b").await;
        let _ = text.problem(415, "unsupported-media-type");
        let _ = coordinator
            .post(format!("{path}?dryrun=true"), json!({"rows": [row("a")]}))
            .await
            .problem(422, "unknown-parameter");
        assert_eq!(coordinator.all(&format!("/v1/cohorts/{cohort}/bookings")).await, Vec::<Value>::new());
    });
}

/// ADM-24.
#[test]
fn after_the_opening_and_in_a_closed_cohort_no_list_comes_in() {
    on_both(async |world| {
        let cohort = gathering(&world, json!({})).await;
        let coordinator = world.coordinator();
        let rows = [asked("nia", &world.in_hours(-24))];
        world.advance(TimeDelta::hours(48));
        for dry in [true, false] {
            let late = list(&coordinator, &cohort, dry, &rows).await.problem(409, "booking-already-open");
            let detail = late["detail"].as_str().unwrap_or_default();
            assert!(detail.contains("/bookings/batch"), "it says what to do: {detail}");
        }
        let at_once = world.plain_cohort(json!({})).await;
        let _ = list(&coordinator, &at_once, false, &rows).await.problem(409, "booking-already-open");
        let closed = gathering(&world, json!({})).await;
        let _ = coordinator.post(format!("/v1/cohorts/{closed}/close"), json!({})).await.ok();
        let _ = list(&coordinator, &closed, false, &rows).await.problem(409, "booking-closed");
    });
}

/// ACC-3, ACC-4, ACC-5, ADM-24.
#[test]
fn lists_are_for_staff_and_operations_clients_of_the_academy() {
    on_both(async |world| {
        let programme = world.draft(compassionate_leadership()).await;
        let hidden = world.cohort(&programme, json!({"bookingOpensAt": world.in_hours(48)})).await;
        let public = gathering(&world, json!({})).await;
        let academy = json!({
            "slug": fresh_slug("london"), "name": "London Leadership Academy", "region": "london",
            "contactEmail": "london@example.nhs.uk",
        });
        let elsewhere = id_of(&world.platform_admin().post("/v1/academies", academy).await.created());
        let member = format!("/v1/academies/{elsewhere}/members/{}", world.id_of("sam"));
        let made =
            world.platform_admin().put(member, json!({"role": "academy_admin"})).without("if-match").await;
        assert!(made.succeeded(), "{}", made.described());
        let sam = world.participant("sam").await;
        let rows = [row("nia")];
        let _ = list(&sam, &hidden, true, &rows).await.problem(404, "not-found");
        for outsider in [sam, world.partner(), world.facilitator(), world.participant("ellie").await] {
            let _ = list(&outsider, &public, true, &rows).await.problem(403, "forbidden");
        }
        let _ = list(&world.anonymous(), &public, true, &rows).await.problem(401, "unauthenticated");
        let reader = json!({"name": "Reader", "kind": "operations", "scopes": ["bookings:read"]});
        let reader = world.client(reader).await;
        let _ = list(&reader, &public, true, &rows).await.problem(403, "forbidden");
        let done = list(&world.operations(), &public, false, &rows).await.ok();
        assert_eq!(done["booked"], 1);
    });
}

/// ACC-1, ACC-4, ADM-4, ADM-24.
#[test]
fn imported_people_are_told_by_whom_and_an_earlier_moment_outlives_a_late_verification() {
    on_both(async |world| {
        let cohort = gathering(&world, json!({})).await;
        let scripts = json!({"name": "Ops scripts", "kind": "operations", "scopes": ["bookings:write", "bookings:read"]});
        let scripts = world.client(scripts).await;
        let moment = world.in_hours(-24 * 30);
        let done = list(&scripts, &cohort, false, &[asked("nia", &moment)]).await.ok();
        assert_eq!(
            (column(&done, "status"), column(&done, "missing")),
            (vec![json!("pending")], vec![json!(["email_verified"])])
        );
        let email = participant("nia")["email"].as_str().unwrap_or_default().to_owned();
        let told = world.mailbox.about(&email, "/cancel?token=").await;
        assert!(told.text.contains("Ops scripts has asked for a place for you"), "{}", told.text);
        let verify = world.mailbox.about(&email, "verify-email?token=").await;
        world.advance(TimeDelta::hours(24));
        let token = json!({"token": verify.token()});
        let _ = world.anonymous().post("/v1/auth/email-verifications", token).await.status(204);
        let id = column(&done, "bookingId")[0].as_str().expect("an id").to_owned();
        let booking = world.coordinator().booking(&id).await;
        assert_eq!(time(&booking["claim"]["moment"]), moment.parse::<DateTime<Utc>>().ok());
        let entries = Ledger::read(&world.coordinator(), &cohort).await.check().entries;
        assert_eq!(entries[1]["facts"]["importedMoment"], true, "marked, whenever its gate opens");
        world.verify_ledgers().await;
    });
}

/// ADM-13, ADM-22, ADM-24.
#[test]
fn the_booking_says_that_its_moment_was_imported_and_others_are_shown_the_cause() {
    on_both(async |world| {
        let cohort = gathering(&world, json!({})).await;
        let ellie = world.participant("ellie").await;
        let own = ellie.book(&cohort, json!({})).await.created();
        assert_eq!(own["position"], 1);
        let moment = world.in_hours(-24);
        let done =
            list(&world.coordinator(), &cohort, false, &[asked("sam", &moment), row("tom")]).await.ok();
        let sam = world.participant("sam").await;
        let id = column(&done, "bookingId")[0].as_str().expect("an id").to_owned();
        let imported = sam.booking(&id).await;
        let detail = imported["explanation"]["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("earlier list") && detail.contains("counts as sent on"), "{detail}");
        let record = sam.get(format!("/v1/bookings/{id}/import")).await.ok();
        assert_eq!(record["earlierMoment"]["evidence"], "Email in the old mailbox");
        let tom = column(&done, "bookingId")[1].as_str().expect("an id").to_owned();
        let plain = world.coordinator().get(format!("/v1/bookings/{tom}/import")).await.ok();
        assert_eq!(plain["earlierMoment"], json!(null));
        let _ = ellie.get(format!("/v1/bookings/{id}/import")).await.problem(404, "not-found");
        let _ = ellie.get(format!("/v1/bookings/{}/import", id_of(&own))).await.problem(404, "not-found");
        let changes = ellie.all(&format!("/v1/bookings/{}/position-changes", id_of(&own))).await;
        let causes: Vec<&Value> = changes.iter().map(|change| &change["cause"]).collect();
        assert_eq!(causes, ["claimed", "imported_before"]);
        assert_eq!(ellie.again(&own).await["position"], 2);
        let patched = world
            .coordinator()
            .patch(format!("/v1/bookings/{id}"), json!({"participant": {"fullName": "Sam T"}}));
        assert_eq!(patched.await.ok()["claim"], imported["claim"], "a correction moves no claim");
        let audit = world.database.dump("audit").await.join("\n")
            + &world.database.dump("ledger_entry").await.join("\n");
        assert!(!audit.contains("old mailbox") && !audit.contains("form was down"), "facts about a person");
    });
}

/// ADM-12, ADM-24.
#[test]
fn the_command_finds_an_imported_moment_without_its_evidence() {
    on_both(async |world| {
        let cohort = gathering(&world, json!({})).await;
        let moment = world.in_hours(-24);
        let _ = list(&world.coordinator(), &cohort, false, &[asked("nia", &moment), row("omar")]).await.ok();
        world.server.kill();
        let _ = world.run(&["ledger", "verify", &cohort]).succeeded();
        let half = "UPDATE booking_import SET evidence = NULL WHERE evidence IS NOT NULL";
        assert!(
            world.database.execute(half).await.is_err(),
            "a wall keeps moment, evidence and reason together"
        );
        let gone = "UPDATE booking_import SET evidence = NULL, reason = NULL, earlier_moment = NULL";
        let changed = world.database.execute(gone).await.expect("changed behind the program's back");
        assert_eq!(changed, 2);
        let bad = world.run(&["ledger", "verify"]);
        assert_eq!(bad.code, 1, "{}{}", bad.out, bad.err);
    });
}

/// ADM-10, ADM-24.
#[test]
fn a_list_keeps_the_rule_of_repeats_and_a_dry_run_has_a_key_of_its_own() {
    on_both(async |world| {
        let s2 = world.s2(json!({"bookingOpensAt": world.in_hours(48)})).await;
        let rows = [json!({"participant": participant("nia"), "answers": answers()})];
        let coordinator = world.coordinator();
        let dry = list(&coordinator, &s2.cohort, true, &rows).key("k").await.status(200);
        let _ = list(&coordinator, &s2.cohort, false, &rows)
            .key("k")
            .await
            .problem(422, "idempotency-key-reused");
        let again = list(&coordinator, &s2.cohort, true, &rows).key("k").await.status(200);
        assert_eq!((again.header("idempotency-replayed"), again.bytes()), ("true", dry.bytes()));
        let done = list(&coordinator, &s2.cohort, false, &rows).key("l").await.status(200);
        assert_eq!(column(done.json(), "missing"), [json!(["taster_attended"])]);
        let twice = list(&coordinator, &s2.cohort, false, &rows).key("l").await.status(200);
        assert_eq!(twice.bytes(), done.bytes(), "the first answer again, booked and all");
    });
}
