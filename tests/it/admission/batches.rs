//! Several people in one request: each for itself, or all or none (ADM-18).

use crate::on_both;
use harness::ledger::Ledger;
use harness::s2::{answers, participant};
use harness::{Actor, Request, World};
use serde_json::{Value, json};
use std::future::IntoFuture;

/// What a request that keeps nothing must leave as it was.
const TABLES: [&str; 8] = [
    "booking",
    "cohort_desk",
    "ledger_entry",
    "person",
    "person_email",
    "organisation",
    "audit",
    "attendance",
];

fn batch(actor: &Actor, cohort: &str, atomic: bool, rows: &[Value]) -> Request {
    let body = json!({"atomic": atomic, "bookings": rows});
    actor.post(format!("/v1/cohorts/{cohort}/bookings/batch"), body)
}

fn only_with_place(actor: &Actor, cohort: &str, atomic: bool, rows: &[Value]) -> Request {
    let body = json!({"atomic": atomic, "require": "place", "bookings": rows});
    actor.post(format!("/v1/cohorts/{cohort}/bookings/batch"), body)
}

fn row(name: &str) -> Value {
    json!({"participant": participant(name)})
}

fn rows(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| row(name)).collect()
}

/// The results, each as its status with the booking's status or the problem's code.
fn results(answer: &Value) -> Vec<String> {
    let results = answer["results"].as_array().expect("results");
    let told = results.iter().enumerate().map(|(index, result)| {
        assert_eq!(result["index"], index, "{answer:#}");
        let word = result["booking"]["status"].as_str().or(result["problem"]["code"].as_str());
        assert!(result["booking"].is_null() != result["problem"].is_null(), "one of the two: {result:#}");
        format!("{} {}", result["status"], word.unwrap_or_default())
    });
    told.collect()
}

async fn everything(world: &World) -> Vec<Vec<String>> {
    // Mail that was due before is sent meanwhile.
    let mut dumps = vec![world.database.ids("outbox").await];
    for table in TABLES {
        dumps.push(world.database.dump(table).await);
    }
    dumps
}

/// ADM-18.
#[test]
fn rows_settle_in_their_order_and_each_has_its_result() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 2})).await;
        let answer = batch(&world.partner(), &cohort, false, &rows(&["a", "b", "c", "d"])).await.ok();
        assert_eq!(results(&answer), ["201 confirmed", "201 confirmed", "201 waiting", "201 waiting"]);
        let list = answer["results"].as_array().expect("results");
        let of = |name: &str| list.iter().map(|r| r["booking"][name].clone()).collect::<Vec<_>>();
        assert_eq!(of("position"), [json!(null), json!(null), json!(1), json!(2)]);
        assert_eq!(of("cohortVersion"), [json!(2), json!(3), json!(4), json!(5)]);
        for result in list {
            assert_eq!(world.partner().again(&result["booking"]).await, result["booking"]);
        }
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        assert_eq!(ledger.kinds(), ["cohort_created", "claim", "claim", "claim", "claim"]);
        world.verify_ledgers().await;
    });
}

/// ADM-18.
#[test]
fn each_row_for_itself_keeps_the_good_ones_and_names_every_fault_of_the_others() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let good = |name: &str| json!({"participant": participant(name), "answers": answers()});
        let wrong =
            json!({"participant": {"email": "nobody", "fullName": "", "shoeSize": 44}, "surprise": 1});
        let no_answers = json!({"participant": participant("c"), "answers": {"team": 7}});
        let asked =
            [good("a"), wrong, json!({"externalReference": 1}), no_answers, json!("x"), good("b"), good("a")];
        let answer = batch(&world.partner(), &s2.cohort, false, &asked).await.ok();
        assert_eq!(
            results(&answer),
            [
                "201 pending",
                "422 invalid",
                "422 invalid",
                "422 answers-invalid",
                "422 invalid",
                "201 pending",
                "409 already-booked"
            ]
        );
        let pointers = |index: usize| {
            let errors = answer["results"][index]["problem"]["errors"].as_array().expect("errors").clone();
            let mut all: Vec<String> =
                errors.iter().map(|e| e["pointer"].as_str().unwrap_or_default().to_owned()).collect();
            all.sort();
            all
        };
        assert_eq!(
            pointers(1),
            [
                "/bookings/1/participant/email",
                "/bookings/1/participant/fullName",
                "/bookings/1/participant/shoeSize",
                "/bookings/1/surprise"
            ]
        );
        assert_eq!(pointers(2), ["/bookings/2/externalReference", "/bookings/2/participant"]);
        assert_eq!(pointers(3), ["/bookings/3/answers/consent", "/bookings/3/answers/team"]);
        assert_eq!(pointers(4), ["/bookings/4"]);
        let first = &answer["results"][0]["booking"]["id"];
        assert_eq!(&answer["results"][6]["problem"]["bookingId"], first, "the second row of one person");
        let kept = world.coordinator().all(&format!("/v1/cohorts/{}/bookings", s2.cohort)).await;
        assert_eq!(kept.len(), 2);
    });
}

/// ADM-18, ADM-19.
#[test]
fn an_atomic_request_that_fails_leaves_nothing_but_the_attempts_of_people_known_before() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 5})).await;
        let _ = world.participant("ellie").await;
        world.attended(&s2.taster, &["stranger"]).await;
        let with = |name: &str, answers: Value| {
            let mut participant = participant(name);
            participant["organisationOdsCode"] = json!("ZZ91Z");
            json!({"participant": participant, "answers": answers})
        };
        let bad = json!({"team": "x"});
        let asked = [
            with("stranger", answers()),
            with("ellie", bad.clone()),
            with("another", bad),
            json!({"participant": participant("ellie"), "answers": answers(), "tasterCode": s2.code}),
        ];
        let before = everything(&world).await;
        let answer = batch(&world.partner(), &s2.cohort, true, &asked).await.ok();
        assert_eq!(
            results(&answer),
            ["409 batch-refused", "422 answers-invalid", "422 answers-invalid", "409 batch-refused"]
        );
        assert_eq!(everything(&world).await, before);
        let attempts = world.database.column("SELECT code FROM refused_attempt").await;
        assert_eq!(attempts, ["answers-invalid"], "ellie's; nobody becomes known by it");
        let good = [with("stranger", answers()), with("ellie", answers())];
        let answer = batch(&world.partner(), &s2.cohort, true, &good).await.ok();
        assert_eq!(results(&answer), ["201 confirmed", "201 pending"]);
        world.verify_ledgers().await;
    });
}

/// ADM-18.
#[test]
fn a_row_that_cannot_be_read_fails_an_atomic_request_whole() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let asked = [row("a"), json!({"participant": {"email": "nobody", "fullName": "N"}}), row("b")];
        let before = everything(&world).await;
        let answer = batch(&world.partner(), &cohort, true, &asked).await.ok();
        assert_eq!(results(&answer), ["409 batch-refused", "422 invalid", "409 batch-refused"]);
        assert_eq!(everything(&world).await, before);
    });
}

/// ADM-1, ADM-18.
#[test]
fn two_rows_for_one_person_fail_an_atomic_request_and_name_no_booking_that_is_not_there() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let mut twin = participant("a");
        twin["email"] = json!(twin["email"].as_str().expect("an email").to_uppercase());
        let asked = [row("a"), row("b"), json!({"participant": twin})];
        let answer = batch(&world.coordinator(), &cohort, true, &asked).await.ok();
        assert_eq!(results(&answer), ["409 batch-refused", "409 batch-refused", "409 already-booked"]);
        assert!(answer["results"][2]["problem"]["bookingId"].is_null(), "{answer:#}");
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 0);
    });
}

/// ADM-18.
#[test]
fn a_row_that_requires_a_place_fails_instead_of_waiting() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 2})).await;
        let names = ["a", "b", "c", "d"];
        let answer = only_with_place(&world.partner(), &cohort, true, &rows(&names)).await.ok();
        assert_eq!(
            results(&answer),
            ["409 batch-refused", "409 batch-refused", "409 cohort-full", "409 cohort-full"]
        );
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 0);
        let answer = only_with_place(&world.partner(), &cohort, false, &rows(&names)).await.ok();
        assert_eq!(
            results(&answer),
            ["201 confirmed", "201 confirmed", "409 cohort-full", "409 cohort-full"]
        );
        let read = world.coordinator().cohort(&cohort).await;
        assert_eq!((&read["placesTaken"], &read["waitingCount"]), (&json!(2), &json!(0)));
        let answer = batch(&world.partner(), &cohort, false, &rows(&["c"])).await.ok();
        assert_eq!(results(&answer), ["201 waiting"], "nothing of the refused row stayed");
        world.verify_ledgers().await;
    });
}

/// ADM-17, ADM-18.
#[test]
fn a_place_required_is_not_taken_from_those_who_wait_nor_given_before_the_gate_or_the_booking_opens() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 3})).await;
        let with =
            |code: &str| json!({"participant": participant("a"), "answers": answers(), "tasterCode": code});
        let without = json!({"participant": participant("a"), "answers": answers()});
        let asked = [without, with("nonsense"), with(&s2.code)];
        let answer = only_with_place(&world.partner(), &s2.cohort, false, &asked).await.ok();
        assert_eq!(results(&answer), ["409 no-place", "422 taster-code-invalid", "201 confirmed"]);
        assert!(answer["results"][0]["problem"]["errors"].to_string().contains("taster"), "{answer:#}");
        let later = world.plain_cohort(json!({"bookingOpensAt": world.in_hours(3)})).await;
        let answer = only_with_place(&world.partner(), &later, false, &rows(&["a"])).await.ok();
        assert_eq!(results(&answer), ["409 no-place"]);
        let full = world.plain_cohort(json!({"capacity": 1})).await;
        let held = world.partner().book_all(&full, &["x", "y", "z"]).await;
        let _ = world.partner().act(&held[0], "cancel").await.ok();
        let answer = only_with_place(&world.partner(), &full, false, &rows(&["a"])).await.ok();
        assert_eq!(results(&answer), ["409 cohort-full"], "the place is offered to who waited");
    });
}

/// ADM-10, ADM-18.
#[test]
fn a_repeated_request_for_several_people_does_nothing_and_answers_the_same() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 3})).await;
        let send = |key: &str, names: &[&str]| {
            only_with_place(&world.partner(), &cohort, true, &rows(names)).key(key)
        };
        let first = send("k", &["a", "b"]).await;
        let calls = (0..5).map(|_| send("k", &["a", "b"]).into_future());
        for again in futures::future::join_all(calls).await {
            assert_eq!(again.header("idempotency-replayed"), "true");
            assert_eq!(again.bytes(), first.bytes());
        }
        assert_eq!(results(&first.ok()), ["201 confirmed", "201 confirmed"]);
        let _ = send("k", &["c"]).await.problem(422, "idempotency-key-reused");
        let failed = send("f", &["c", "d"]).await;
        let again = send("f", &["c", "d"]).await;
        assert_eq!(again.bytes(), failed.bytes());
        assert_eq!(results(&failed.ok()), ["409 batch-refused", "409 cohort-full"]);
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 2);
    });
}

/// ADM-18, ACC-4.
#[test]
fn only_coordinators_and_clients_book_several_and_at_most_500() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 600})).await;
        let asked = rows(&["a"]);
        let _ = batch(&world.anonymous(), &cohort, false, &asked).await.problem(401, "unauthenticated");
        let ellie = world.participant("ellie").await;
        let _ = batch(&ellie, &cohort, false, &asked).await.problem(403, "forbidden");
        let _ = batch(&world.facilitator(), &cohort, false, &asked).await.problem(403, "forbidden");
        let reads = world.client(json!({"name": "Reader", "scopes": ["bookings:read"]})).await;
        let _ = batch(&reads, &cohort, false, &asked).await.problem(403, "forbidden");
        let many: Vec<Value> = (0..501).map(|n| row(&format!("p{n}"))).collect();
        let _ = batch(&world.partner(), &cohort, false, &many)
            .await
            .faults("invalid", &["/bookings out-of-range"]);
        let _ =
            batch(&world.partner(), &cohort, false, &[]).await.faults("invalid", &["/bookings out-of-range"]);
        let path = format!("/v1/cohorts/{cohort}/bookings/batch");
        let body = json!({"require": "seat", "bookings": {}, "more": 1});
        let expected =
            ["/atomic required", "/require unknown-value", "/bookings wrong-type", "/more unknown-field"];
        let _ = world.partner().post(path, body).await.faults("invalid", &expected);
        let answer = batch(&world.operations(), &cohort, false, &many[500..]).await.ok();
        assert_eq!(results(&answer), ["201 pending"], "a client that does not vouch for the email");
        let answer = batch(&world.partner(), &cohort, true, &many[..500]).await.ok();
        assert_eq!(results(&answer), vec!["201 confirmed"; 500]);
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 500);
    });
}

/// ADM-8, ADM-18.
#[test]
fn requests_for_several_and_for_one_at_once_share_the_places_without_a_gap_in_the_ledger() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 20})).await;
        let partner = world.partner();
        let groups: Vec<Vec<Value>> =
            (0..6).map(|g| (0..6).map(|n| row(&format!("g{g}-{n}"))).collect()).collect();
        let whole = groups.iter().map(|rows| only_with_place(&partner, &cohort, true, rows).into_future());
        let single = (0..10).map(|n| partner.book_for(&cohort, &format!("s{n}")).into_future());
        let (whole, single) =
            futures::join!(futures::future::join_all(whole), futures::future::join_all(single));
        for answer in whole {
            let words = results(&answer.ok());
            let all = words.iter().all(|word| word == "201 confirmed");
            assert!(all || words.iter().all(|word| word.starts_with("409")), "all or none: {words:?}");
        }
        assert!(single.iter().all(|answer| answer.code() == 201));
        assert!(world.coordinator().cohort(&cohort).await["placesTaken"].as_u64() <= Some(20));
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}
