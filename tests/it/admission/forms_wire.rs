//! What a form for several cohorts takes and tells (ADM-21).

use super::clashes::Plan;
use super::forms::{cohorts, form, rank, statuses};
use crate::on_both;
use harness::s2::{fresh_slug, id_of, merged, participant};
use serde_json::{Value, json};

fn asking(keys: &[&str]) -> Value {
    let question = |key: &&str| json!({"key": key, "label": key, "kind": "short_text", "required": true});
    json!({"questions": keys.iter().map(question).collect::<Vec<_>>()})
}

/// ADM-2, ADM-21: each cohort copied the joining form of its time; one form for several brings the answers of all.
#[test]
fn cohorts_whose_joining_forms_differ_get_the_answers_to_their_own_questions() {
    on_both(async |world| {
        let staff = world.coordinator();
        let slug = fresh_slug("differing");
        let programme =
            world.programme_that(json!({"slug": slug, "joiningForm": asking(&["team", "old"])})).await;
        let first = world.cohort(&programme, json!({})).await;
        let patch = json!({"joiningForm": asking(&["team", "new"])});
        let _ = staff.patch(format!("/v1/programmes/{programme}"), patch).await.ok();
        let second = world.cohort(&programme, json!({})).await;
        let ellie = world.participant("ellie").await;
        let both = [first.as_str(), second.as_str()];
        let send = |answers: Value| {
            rank(&ellie, &programme, &both, json!({"answers": answers, "whenPlaced": "keep_others"}))
        };
        let problem = send(json!({"team": "Ward 7", "shoes": "9"})).await.problem(422, "answers-invalid");
        let told: Vec<(&str, &str)> = problem["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|error| (error["pointer"].as_str().unwrap_or(""), error["code"].as_str().unwrap_or("")))
            .collect();
        assert_eq!(
            told,
            [
                ("/answers/shoes", "unknown-question"),
                ("/answers/old", "required"),
                ("/answers/new", "required")
            ]
        );
        let made = send(json!({"team": "Ward 7", "old": "a", "new": "b"})).await.created();
        assert_eq!(statuses(&made), ["confirmed", "confirmed"]);
        assert_eq!(made["bookings"][0]["answers"], json!({"team": "Ward 7", "old": "a"}));
        assert_eq!(made["bookings"][1]["answers"], json!({"team": "Ward 7", "new": "b"}));
    });
}

/// ADM-21.
#[test]
fn all_that_is_wrong_with_a_form_is_told_at_once_and_what_cannot_be_cleared_is_not_ignored() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let all = cohorts(&world, &programme, &[json!({}), json!({})]).await;
        let (a, b) = (all[0].as_str(), all[1].as_str());
        let ellie = world.participant("ellie").await;
        for many in [vec![], vec![a; 11]] {
            let sent = rank(
                &ellie,
                &programme,
                &many,
                json!({"whenPlaced": "surprise", "manager": {"email": "no"}}),
            );
            let _ = sent.await.faults(
                "invalid",
                &["/cohorts out-of-range", "/manager/email invalid-email", "/whenPlaced unknown-value"],
            );
        }
        let made = rank(&ellie, &programme, &[a, b], json!({"whenPlaced": "keep_others"})).await.created();
        let path = format!("/v1/joining-forms/{}", id_of(&made));
        for (patch, places) in [
            (
                json!({"cohorts": null, "whenPlaced": null}),
                &["/cohorts required", "/whenPlaced required"][..],
            ),
            (
                json!({"cohorts": [a], "whenPlaced": null}),
                &["/cohorts other-cohorts", "/whenPlaced required"],
            ),
            (
                json!({"cohorts": [], "whenPlaced": "surprise"}),
                &["/cohorts out-of-range", "/whenPlaced unknown-value"],
            ),
            (json!({"whenPlaced": null}), &["/whenPlaced required"]),
        ] {
            let _ = ellie.patch(&path, patch).await.faults("invalid", places);
        }
        assert_eq!(form(&ellie, &made).await, made, "nothing has changed");
    });
}

/// PRG-6, ADM-21: a booking says the same, by whatever way it is read.
#[test]
fn what_overlaps_is_told_wherever_a_choice_is_read() {
    on_both(async |world| {
        let plan = Plan::of(&world);
        let programme = world.plain_programme().await;
        let all = cohorts(&world, &programme, &[json!({}), json!({})]).await;
        for (cohort, from) in [(&all[0], 50), (&all[1], 51)] {
            let _ = plan.meet(cohort, "Week 1", from, from + 2).await;
        }
        let ellie = world.participant("ellie").await;
        let asks = json!({"whenPlaced": "keep_others"});
        let refused = rank(&ellie, &programme, &[&all[0], &all[1]], asks).await.problem(409, "session-clash");
        let detail = refused["detail"].as_str().expect("a detail");
        assert!(!detail.contains("acilitator"), "nobody who asks for a place has to do with them: {detail}");
        let known = json!({"whenPlaced": "keep_others", "acknowledgesClash": true});
        let made = rank(&ellie, &programme, &[&all[0], &all[1]], known).await.created();
        let other =
            |form: &Value, index: usize| form["bookings"][index]["clashes"][0]["other"]["bookingId"].clone();
        assert_eq!(
            (other(&made, 0), other(&made, 1)),
            (made["bookings"][1]["id"].clone(), made["bookings"][0]["id"].clone())
        );
        assert_eq!(form(&ellie, &made).await, made, "read again");
        let path = format!("/v1/joining-forms/{}", id_of(&made));
        let turned = ellie.patch(&path, json!({"cohorts": [all[1], all[0]]})).await.ok();
        assert_eq!(other(&turned, 0), made["bookings"][0]["id"], "changed");
        let seen = form(&world.coordinator(), &made).await;
        assert!(seen["bookings"][0].get("clashes").is_none(), "it is the person's matter: {seen:#}");
    });
}

/// COM-1, ADM-21: the mail about a place tells what ends with it; where that is chosen later, by somebody else, they are told.
#[test]
fn whose_requests_end_because_staff_choose_so_is_told() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let all = cohorts(&world, &programme, &[json!({}), json!({"capacity": 1})]).await;
        let partner = world.partner();
        let _ = partner.book_for(&all[1], "nia").await.created();
        let both = [all[0].as_str(), all[1].as_str()];
        let keep = json!({"whenPlaced": "keep_others"});
        let end = json!({"whenPlaced": "end_others"});
        for (name, by) in [("ellie", world.coordinator()), ("sam", world.participant("sam").await)] {
            let asks = world.participant(name).await;
            let made = rank(&asks, &programme, &both, keep.clone()).await.created();
            assert_eq!(statuses(&made), ["confirmed", "waiting"]);
            let path = format!("/v1/joining-forms/{}", id_of(&made));
            assert_eq!(statuses(&by.patch(&path, end.clone()).await.ok()), ["confirmed", "closed"]);
        }
        let told = world.mailbox.about("ellie@trust.example.nhs.uk", "has ended").await;
        assert!(told.text.contains("You have a place in another cohort"), "{}", told.text);
        let last = world.participant("tom").await;
        let _ = rank(&last, &programme, &both[..1], keep).await.created();
        let _ = world.mailbox.about("tom@trust.example.nhs.uk", "You have a place").await;
        let own = world.mailbox.to("sam@trust.example.nhs.uk");
        assert!(own.iter().all(|mail| !mail.text.contains("has ended")), "they did it themselves");
        world.verify_ledgers().await;
    });
}

/// ADM-2, ADM-19, ADM-21: whom nobody knew before has the moment of the first attempt, as with a booking of one cohort.
#[test]
fn a_refused_form_for_somebody_new_is_kept_as_an_attempt() {
    on_both(async |world| {
        let rule = json!({"eligibility": {"jobRole": ["practice_manager"]}});
        let programme = world.programme_that(rule).await;
        let all = cohorts(&world, &programme, &[json!({}), json!({})]).await;
        let both = [all[0].as_str(), all[1].as_str()];
        let nurse = json!({"participant": merged(participant("nia"), &json!({"jobRole": "nurse"}))});
        for times in 1..3 {
            let _ =
                rank(&world.partner(), &programme, &both, nurse.clone()).await.problem(422, "not-eligible");
            for cohort in &all {
                let path = format!("/v1/cohorts/{cohort}/refused-attempts");
                assert_eq!(world.coordinator().all(&path).await.len(), times);
            }
        }
        let known = "SELECT address FROM person_email WHERE address LIKE 'nia@%'";
        assert_eq!(world.database.column(known).await.len(), 1, "one person");
        assert!(world.database.dump("booking").await.is_empty());
    });
}
