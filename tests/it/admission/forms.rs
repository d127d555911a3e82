//! One joining form for several cohorts of a programme (ADM-21).

use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::Ledger;
use harness::s2::{answers, id_of, merged, participant};
use harness::{Actor, Request, World};
use serde_json::{Value, json};

pub(super) fn rank(actor: &Actor, programme: &str, cohorts: &[&str], more: Value) -> Request {
    let body = merged(json!({"cohorts": cohorts, "whenPlaced": "end_others"}), &more);
    actor.post(format!("/v1/programmes/{programme}/bookings"), body)
}

pub(super) fn rank_for(world: &World, name: &str, programme: &str, cohorts: &[&str], more: Value) -> Request {
    let more = merged(json!({"participant": participant(name)}), &more);
    rank(&world.partner(), programme, cohorts, more)
}

pub(super) async fn form(actor: &Actor, form: &Value) -> Value {
    actor.get(format!("/v1/joining-forms/{}", id_of(form))).await.ok()
}

/// Where each choice stands, with the code of its explanation.
fn stand(form: &Value) -> Vec<(String, String)> {
    let list = form["bookings"].as_array().expect("bookings");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.iter().map(|booking| (word(&booking["status"]), word(&booking["explanation"]["code"]))).collect()
}

pub(super) fn statuses(form: &Value) -> Vec<String> {
    stand(form).into_iter().map(|(status, _)| status).collect()
}

pub(super) async fn cohorts(world: &World, programme: &str, terms: &[Value]) -> Vec<String> {
    let mut made = Vec::new();
    for terms in terms {
        made.push(world.cohort(programme, terms.clone()).await);
    }
    made
}

/// A programme with so many cohorts of one place each.
async fn of_one_place(world: &World, many: usize) -> (String, Vec<String>) {
    let programme = world.plain_programme().await;
    let all = cohorts(world, &programme, &vec![json!({"capacity": 1}); many]).await;
    (programme, all)
}

/// All ledgers hold, alone and against the bookings; their kinds after the creation.
pub(super) async fn kinds(world: &World, cohorts: &[String]) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for cohort in cohorts {
        let ledger = Ledger::read(&world.coordinator(), cohort).await.check();
        ledger.agrees_with(&world.coordinator().all(&format!("/v1/cohorts/{cohort}/bookings")).await);
        all.push(ledger.kinds().into_iter().skip(1).map(str::to_owned).collect());
    }
    world.verify_ledgers().await;
    all
}

/// ADM-21.
#[test]
fn the_first_choice_with_a_free_place_is_taken_and_the_others_end() {
    on_both(async |world| {
        let (programme, all) = of_one_place(&world, 3).await;
        let _ = world.partner().book_for(&all[0], "nia").await.created();
        let ellie = world.participant("ellie").await;
        let asked = rank(&ellie, &programme, &[&all[0], &all[1], &all[2]], json!({}));
        let answer = asked.key("once").await.status(201);
        assert!(answer.header("location").starts_with("/v1/joining-forms/"));
        let made = answer.json().clone();
        assert_eq!(statuses(&made), ["closed", "confirmed", "closed"]);
        let placed = made["bookings"][1]["id"].clone();
        for (index, ended) in [(0, true), (2, false)] {
            let booking = &made["bookings"][index];
            assert_eq!(booking["closedReason"], "withdrawn");
            assert_eq!(booking["explanation"]["code"], "placed_elsewhere");
            assert_eq!(booking["explanation"]["otherBookingId"], placed);
            assert_eq!(booking["form"], json!({"id": made["id"], "preference": index + 1}));
            assert_eq!(!booking["claim"].is_null(), ended, "the last choice never was a claim: {booking:#}");
        }
        assert_eq!(form(&ellie, &made).await, made, "it can be read again");
        let again = rank(&ellie, &programme, &[&all[0], &all[1], &all[2]], json!({})).key("once").await;
        assert_eq!(again.created(), made, "a repeat with its key does nothing (ADM-10)");
        let told = kinds(&world, &all).await;
        assert_eq!(told, [vec!["claim", "claim", "placed_elsewhere"], vec!["claim"], vec![]]);
        let mail = world.mailbox.about("ellie@trust.example.nhs.uk", "your other requests").await;
        assert!(mail.subject.starts_with("You have a place"), "{}", mail.subject);
    });
}

/// ADM-21.
#[test]
fn with_keep_others_every_claim_goes_on() {
    on_both(async |world| {
        let (programme, all) = of_one_place(&world, 3).await;
        let _ = world.partner().book_for(&all[1], "nia").await.created();
        let keep = json!({"whenPlaced": "keep_others"});
        let asked = rank_for(&world, "omar", &programme, &[&all[0], &all[1], &all[2]], keep);
        let made = asked.await.created();
        assert_eq!(statuses(&made), ["confirmed", "waiting", "confirmed"]);
        let moments: Vec<&Value> = made["bookings"]
            .as_array()
            .expect("bookings")
            .iter()
            .map(|booking| &booking["claim"]["moment"])
            .collect();
        assert_eq!(moments[0], moments[1], "one form, one moment");
        assert_eq!(moments[0], moments[2], "one form, one moment");
        let told = kinds(&world, &all).await;
        assert_eq!(told, [vec!["claim"], vec!["claim", "claim"], vec!["claim"]]);
    });
}

/// ADM-21: an offer alone ends nothing; accepting it ends the other claims, and a place that one of them held as an
/// offer goes to the next in rank.
#[test]
fn accepting_an_offer_ends_the_others_and_an_offer_among_them_goes_on() {
    on_both(async |world| {
        let (programme, all) = of_one_place(&world, 2).await;
        let nia = world.partner().book_for(&all[0], "nia").await.created();
        let omar = world.partner().book_for(&all[1], "omar").await.created();
        let made = rank_for(&world, "pat", &programme, &[&all[0], &all[1]], json!({})).await.created();
        let quinn = world.partner().book_for(&all[0], "quinn").await.created();
        let partner = world.partner();
        let _ = partner.act(&nia, "cancel").await.ok();
        let _ = partner.act(&omar, "cancel").await.ok();
        let offered = form(&partner, &made).await;
        assert_eq!(statuses(&offered), ["offered", "offered"]);
        let accepted = partner.act(&offered["bookings"][1], "offer/accept").await.ok();
        assert_eq!(accepted["status"], "confirmed");
        let now = form(&partner, &made).await;
        assert_eq!(stand(&now)[0], ("closed".to_owned(), "placed_elsewhere".to_owned()));
        assert_eq!(statuses(&now), ["closed", "confirmed"]);
        assert_eq!(now["bookings"][0]["closedReason"], "withdrawn");
        assert_eq!(partner.again(&quinn).await["status"], "offered", "the place goes to the next in rank");
        let told = kinds(&world, &all).await;
        assert_eq!(told[0], ["claim", "claim", "claim", "cancellation", "placed_elsewhere"]);
        assert_eq!(told[1], ["claim", "claim", "cancellation", "acceptance"]);
    });
}

/// ADM-6, ADM-21: whom two cohorts would confirm at the same opening has the one that they prefer, and the other place
/// goes to the next in rank at that very opening.
#[test]
fn at_an_opening_of_several_cohorts_the_preferred_place_is_taken() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let terms = json!({"capacity": 1, "bookingOpensAt": world.in_hours(5)});
        let all = cohorts(&world, &programme, &[terms.clone(), terms]).await;
        let (a, b) = (all[0].as_str(), all[1].as_str());
        let first = rank_for(&world, "ann", &programme, &[b, a], json!({})).await.created();
        let second = rank_for(&world, "bea", &programme, &[b, a], json!({})).await.created();
        let third = rank_for(&world, "cyn", &programme, &[a, b], json!({})).await.created();
        assert_eq!(statuses(&first), ["waiting", "waiting"]);
        world.advance(TimeDelta::hours(6));
        let partner = world.partner();
        assert_eq!(statuses(&form(&partner, &first).await), ["confirmed", "closed"]);
        assert_eq!(statuses(&form(&partner, &second).await), ["closed", "confirmed"]);
        assert_eq!(statuses(&form(&partner, &third).await), ["waiting", "waiting"]);
        let told = kinds(&world, &all).await;
        let left_first = ["claim", "claim", "claim", "placed_elsewhere", "booking_opened"];
        assert_eq!(told, [left_first, left_first], "who gives way leaves before the places go out");
    });
}

/// ADM-4, ADM-21: requests that become claims together, because the email is verified, are settled by preference too.
#[test]
fn claims_that_come_to_light_together_take_the_preferred_place() {
    on_both(async |world| {
        for turn in [false, true] {
            let (programme, all) = of_one_place(&world, 2).await;
            let name = format!("fay{}", i32::from(turn));
            let fay = world.newcomer(&name).await;
            let (a, b) = (all[usize::from(turn)].as_str(), all[usize::from(!turn)].as_str());
            let made = rank(&fay, &programme, &[a, b], json!({})).await.created();
            assert_eq!(statuses(&made), ["pending", "pending"]);
            let token = world.mailbox.verification_token(&fay.email()).await;
            let body = json!({"token": token});
            world.anonymous().post("/v1/auth/email-verifications", body).await.no_content();
            let now = form(&fay, &made).await;
            assert_eq!(statuses(&now), ["confirmed", "closed"]);
            let _ = kinds(&world, &all).await;
        }
    });
}

/// ADM-2, ADM-15, ADM-21: all or nothing, and every reason at once.
#[test]
fn if_a_cohort_refuses_nothing_is_kept_and_each_fault_is_named() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let closed = json!({"bookingClosesAt": world.in_hours(1)});
        let commits = json!({"commitsToAllSessions": true});
        let all = cohorts(&world, &programme, &[json!({}), closed, commits, json!({})]).await;
        world.advance(TimeDelta::hours(2));
        let partner = world.partner();
        let mine = partner.book_for(&all[3], "nia").await.created();
        let list: Vec<&str> = all.iter().map(String::as_str).collect();
        let problem =
            rank_for(&world, "nia", &programme, &list, json!({})).await.problem(409, "already-booked");
        assert_eq!(problem["bookingId"], mine["id"]);
        let told: Vec<(&str, &str)> = problem["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|error| (error["pointer"].as_str().unwrap_or(""), error["code"].as_str().unwrap_or("")))
            .collect();
        assert_eq!(
            told,
            [
                ("/cohorts/1", "booking-closed"),
                ("/commitsToAllSessions", "commitment-required"),
                ("/cohorts/3", "already-booked")
            ]
        );
        for cohort in &all[..3] {
            assert!(world.coordinator().all(&format!("/v1/cohorts/{cohort}/bookings")).await.is_empty());
        }
        assert!(world.database.dump("ranked_form").await.is_empty());
        let _ = kinds(&world, &all).await;
    });
}

/// ADM-21: 1 to 10 cohorts of that programme, each once.
#[test]
fn a_form_names_cohorts_of_its_programme_each_once() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let mine = world.cohort(&programme, json!({})).await;
        let elsewhere = world.plain_cohort(json!({})).await;
        let ellie = world.participant("ellie").await;
        let problem =
            rank(&ellie, &programme, &[&mine, &elsewhere, &mine], json!({})).await.problem(422, "invalid");
        let told: Vec<(&str, &str)> = problem["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|error| (error["pointer"].as_str().unwrap_or(""), error["code"].as_str().unwrap_or("")))
            .collect();
        assert_eq!(told, [("/cohorts/1", "not-of-programme"), ("/cohorts/2", "duplicate")]);
        let problem = rank(&ellie, &programme, &[], json!({})).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/cohorts");
        let problem = rank(&ellie, &programme, &[&mine], json!({"whenPlaced": "surprise"})).await;
        assert_eq!(problem.problem(422, "invalid")["errors"][0]["pointer"], "/whenPlaced");
        rank(&world.anonymous(), &programme, &[&mine], json!({})).await.problem(401, "unauthenticated");
        let other = json!({"participant": participant("nia")});
        rank(&ellie, &programme, &[&mine], other).await.problem(403, "forbidden");
    });
}

/// ACC-4, ADM-21: a form is read and changed by who may read and correct its bookings.
#[test]
fn a_form_is_seen_by_those_who_may_see_its_bookings() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let all = cohorts(&world, &programme, &[json!({}), json!({})]).await;
        let ellie = world.participant("ellie").await;
        let made = rank(&ellie, &programme, &[&all[0], &all[1]], json!({})).await.created();
        let path = format!("/v1/joining-forms/{}", id_of(&made));
        let _ = world.coordinator().get(&path).await.ok();
        world.partner().get(&path).await.problem(404, "not-found");
        world.participant("fay").await.get(&path).await.problem(404, "not-found");
        world.anonymous().get(&path).await.problem(401, "unauthenticated");
        let nobody = format!("/v1/joining-forms/{}", all[0]);
        ellie.get(&nobody).await.problem(404, "not-found");
    });
}

/// ADM-21: the order of preference and the choice can change; no claim moves by it, and no place is taken away.
#[test]
fn order_and_choice_can_change_with_the_version_that_was_read() {
    on_both(async |world| {
        let (programme, all) = of_one_place(&world, 3).await;
        let (a, b, c) = (all[0].as_str(), all[1].as_str(), all[2].as_str());
        let _ = world.partner().book_for(b, "nia").await.created();
        let ellie = world.participant("ellie").await;
        let keep = json!({"whenPlaced": "keep_others"});
        let made = rank(&ellie, &programme, &[a, b], keep.clone()).await.created();
        let path = format!("/v1/joining-forms/{}", id_of(&made));
        let turned = json!({"cohorts": [b, a]});
        ellie.patch(&path, turned.clone()).without("if-match").await.problem(428, "precondition-required");
        ellie.patch(&path, turned.clone()).if_match("\"77\"").await.problem(412, "precondition-failed");
        let wrong = json!({"cohorts": [b, c]});
        ellie.patch(&path, wrong).if_match("*").await.problem(422, "invalid");
        let etag = ellie.get(&path).await.etag();
        let changed = ellie.patch(&path, turned).if_match(&etag).await.ok();
        assert_eq!(statuses(&changed), ["waiting", "confirmed"]);
        assert_eq!(changed["bookings"][0]["form"]["preference"], 1);
        assert_eq!(changed["bookings"][0]["claim"], made["bookings"][1]["claim"], "no claim moves");
        let changed = ellie.patch(&path, json!({"whenPlaced": "end_others"})).if_match("*").await.ok();
        assert_eq!(statuses(&changed), ["closed", "confirmed"], "a place is held: the others end at once");
        assert_eq!(changed["bookings"][0]["explanation"]["code"], "placed_elsewhere");
        let told = kinds(&world, &all).await;
        assert_eq!(told[1], ["claim", "claim", "placed_elsewhere"]);
    });
}

/// ADM-21, COM-8.
#[test]
fn a_form_can_ask_to_hear_of_later_cohorts_once() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let all = cohorts(&world, &programme, &[json!({}), json!({})]).await;
        let ellie = world.participant("ellie").await;
        let hear = json!({"hearOfLaterCohorts": true});
        let made = rank(&ellie, &programme, &[&all[0]], hear.clone()).await.created();
        assert_eq!(made["hearOfLaterCohorts"], true);
        let _ = rank(&ellie, &programme, &[&all[1]], hear).await.created();
        let _ = rank_for(&world, "nia", &programme, &[&all[0]], json!({})).await.created();
        let told = world.database.column("SELECT address FROM interest").await;
        assert_eq!(told, ["ellie@trust.example.nhs.uk"]);
    });
}

/// ADM-2, ADM-3, ADM-21: one code shows attendance for every cohort of the form.
#[test]
fn the_code_of_a_taster_counts_for_every_choice() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        let other = world.cohort(&s2.programme, json!({"capacity": 1})).await;
        let ellie = world.participant("ellie").await;
        let more = json!({"whenPlaced": "keep_others", "answers": answers(), "tasterCode": s2.code,
                          "commitsToAllSessions": true});
        let made = rank(&ellie, &s2.programme, &[&s2.cohort, &other], more).await.created();
        assert!(statuses(&made).iter().all(|status| status == "confirmed"), "{made:#}");
        let wrong = json!({"answers": answers(), "tasterCode": "WRONG123", "commitsToAllSessions": true});
        let refused = rank_for(&world, "nia", &s2.programme, &[&s2.cohort, &other], wrong).await;
        let problem = refused.problem(422, "taster-code-invalid");
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(1), "told once: {problem:#}");
    });
}

/// ADM-21, ADM-23: what takes the stead of a confirmed choice is none of the form's; the others go on.
#[test]
fn a_choice_that_moves_leaves_the_form() {
    on_both(async |world| {
        let (programme, all) = of_one_place(&world, 3).await;
        let _ = world.partner().book_for(&all[1], "nia").await.created();
        let ellie = world.participant("ellie").await;
        let keep = json!({"whenPlaced": "keep_others"});
        let made = rank(&ellie, &programme, &[&all[0], &all[1]], keep).await.created();
        assert_eq!(statuses(&made), ["confirmed", "waiting"]);
        let path = format!("/v1/bookings/{}/move", id_of(&made["bookings"][0]));
        let moved = ellie.post(path, json!({"cohortId": all[2]})).await.ok();
        assert_eq!((&moved["status"], &moved["form"]), (&json!("confirmed"), &Value::Null));
        assert_eq!(statuses(&form(&ellie, &made).await), ["closed", "waiting"]);
        let _ = kinds(&world, &all).await;
    });
}

/// PRG-8, ADM-21: who is carried over takes the form along, and a place in the next cohort ends the others; who has a
/// place in another choice by then stays there.
#[test]
fn a_choice_that_is_carried_over_stays_one_of_the_form() {
    on_both(async |world| {
        let (programme, all) = of_one_place(&world, 2).await;
        let _ = world.session(&all[0], 500).await;
        let _ = world.session(&all[1], 400).await;
        let partner = world.partner();
        let holder = partner.book_for(&all[1], "nia").await.created();
        let _ = partner.book_for(&all[0], "omar").await.created();
        let wish = json!({"carryOver": true});
        let [a, b] = [all[0].as_str(), all[1].as_str()];
        let stays = rank_for(&world, "pat", &programme, &[a, b], wish.clone()).await.created();
        let goes = rank_for(&world, "quinn", &programme, &[a, b], wish).await.created();
        let _ = world.coordinator().post(format!("/v1/cohorts/{a}/cancel"), json!({})).await.ok();
        assert_eq!(statuses(&form(&partner, &stays).await), ["closed", "waiting"]);
        let _ = partner.act(&holder, "cancel").await.ok();
        let _ = partner.act(&form(&partner, &stays).await["bookings"][1], "offer/accept").await.ok();
        let next = world.cohort(&programme, json!({"capacity": 4})).await;
        let _ = world.session(&next, 900).await;
        let begun = std::time::Instant::now();
        let carried = loop {
            let now = form(&partner, &goes).await;
            if statuses(&now).len() == 3 {
                break now;
            }
            assert!(begun.elapsed().as_secs() < 25, "nobody was carried over: {now:#}");
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        };
        assert_eq!(statuses(&carried), ["closed", "offered", "waiting"]);
        let _ = partner.act(&carried["bookings"][1], "offer/accept").await.ok();
        assert_eq!(statuses(&form(&partner, &goes).await), ["closed", "confirmed", "closed"]);
        assert_eq!(
            statuses(&form(&partner, &stays).await),
            ["closed", "confirmed"],
            "and is not carried over"
        );
        let _ = kinds(&world, &[all[0].clone(), all[1].clone(), next]).await;
    });
}
