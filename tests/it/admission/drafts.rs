//! Forms saved half done and corrected later, and why positions change (ADM-22).

use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::Ledger;
use harness::s2::{answers, id_of};
use harness::{Actor, World};
use serde_json::{Value, json};

async fn changes(actor: &Actor, booking: &Value) -> Vec<Value> {
    actor.all(&format!("/v1/bookings/{}/position-changes", id_of(booking))).await
}

async fn drafts(world: &World) -> Vec<String> {
    world.database.column("SELECT answers FROM form_draft").await
}

/// ADM-22.
#[test]
fn a_form_is_saved_half_done_and_counts_from_when_it_is_sent() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 5})).await;
        world.attended(&s2.taster, &["ellie"]).await;
        let path = format!("/v1/cohorts/{}/draft", s2.cohort);
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let _ = ellie.get(&path).await.problem(404, "not-found");
        let half = json!({"answers": {"team": "Ward 7"}});
        let saved = ellie.put(&path, half.clone()).without("if-match").await.status(200);
        let missing = &saved.json()["missing"];
        assert_eq!(missing[0]["pointer"], "/answers/consent");
        assert_eq!(missing[0]["code"], "consent-required");
        let read = ellie.get(&path).await.status(200);
        assert_eq!((read.json(), read.etag()), (saved.json(), saved.etag()));
        let _ = ellie.get(&path).header("if-none-match", &saved.etag()).await.status(304);
        let _ = sam.get(&path).await.problem(404, "not-found");
        assert!(world.coordinator().all(&format!("/v1/cohorts/{}/bookings", s2.cohort)).await.is_empty());
        world.advance(TimeDelta::hours(1));
        let whole = json!({"answers": answers()});
        let _ =
            ellie.put(&path, whole.clone()).without("if-match").await.problem(428, "precondition-required");
        let later = ellie.put(&path, whole).if_match(&saved.etag()).await.status(200);
        assert_eq!(later.json()["missing"], json!([]));
        let _ = ellie.put(&path, half).if_match(&saved.etag()).await.problem(412, "precondition-failed");
        let made = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        assert_eq!(made["claim"]["moment"], made["createdAt"], "a draft gives no earlier moment");
        let _ = ellie.get(&path).await.problem(404, "not-found");
        assert_eq!(drafts(&world).await.len(), 1, "the job has still to come");
    });
}

/// ADM-22.
#[test]
fn a_draft_holds_nothing_wrong_is_ones_own_and_can_be_thrown_away() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let path = format!("/v1/cohorts/{}/draft", s2.cohort);
        let ellie = world.participant("ellie").await;
        let wrong = json!({"answers": {"team": 7, "surprise": 1, "consent": "yes"}});
        let refused = ellie.put(&path, wrong).without("if-match").await;
        let expected =
            ["/answers/team wrong-type", "/answers/surprise unknown-question", "/answers/consent wrong-type"];
        let _ = refused.faults("answers-invalid", &expected);
        let _ = world.partner().put(&path, json!({})).await.problem(403, "forbidden");
        let _ = world.anonymous().get(&path).await.problem(401, "unauthenticated");
        assert!(drafts(&world).await.is_empty());
        let saved = ellie.put(&path, json!({})).without("if-match").await.status(200);
        ellie.delete(&path).if_match(&saved.etag()).await.no_content();
        let _ = ellie.get(&path).await.problem(404, "not-found");
        assert!(drafts(&world).await.is_empty());
    });
}

/// ADM-22.
#[test]
fn a_correction_never_moves_a_claim() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        world.attended(&s2.taster, &["ellie", "sam", "tom"]).await;
        let mut bookings = Vec::new();
        for name in ["ellie", "sam", "tom"] {
            let actor = world.participant(name).await;
            bookings.push(actor.book(&s2.cohort, json!({"answers": answers()})).await.created());
        }
        world.advance(TimeDelta::hours(2));
        let path = format!("/v1/bookings/{}", id_of(&bookings[1]));
        let patch = json!({"answers": {"team": "Ward 9"}, "externalReference": "later"});
        let corrected = world.participant("sam").await.patch(path, patch).await.ok();
        assert_eq!(corrected["answers"]["team"], "Ward 9");
        for member in ["claim", "position", "cohortVersion", "status"] {
            assert_eq!(corrected[member], bookings[1][member], "{member}");
        }
        let tom = world.participant("tom").await;
        assert_eq!(tom.again(&bookings[2]).await["position"], 2);
        assert_eq!(changes(&tom, &bookings[2]).await.len(), 1, "nothing but joining");
        let _ = Ledger::read(&world.coordinator(), &s2.cohort).await.check();
    });
}

/// ADM-22, ACC-4.
#[test]
fn each_change_of_position_states_its_cause_and_its_entry() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let partner = world.partner();
        let bookings = partner.book_all(&cohort, &["a", "b", "c", "d"]).await;
        let _ = partner.act(&bookings[2], "cancel").await.ok();
        let _ = partner.act(&bookings[0], "cancel").await.ok();
        let _ = partner.act(&bookings[1], "offer/decline").await.ok();
        let told = changes(&partner, &bookings[3]).await;
        let causes: Vec<_> =
            told.iter().map(|c| (c["from"].clone(), c["to"].clone(), c["cause"].clone())).collect();
        assert_eq!(
            causes,
            [
                (json!(null), json!(3), json!("claimed")),
                (json!(3), json!(2), json!("left_before")),
                (json!(2), json!(1), json!("placed_before")),
                (json!(1), json!(null), json!("placed")),
            ]
        );
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        for change in &told {
            let entry = ledger.entries.iter().find(|entry| entry["version"] == change["version"]);
            assert_eq!(entry.map(|entry| &entry["recordedAt"]), Some(&change["recordedAt"]));
        }
        let first =
            partner.get(format!("/v1/bookings/{}/position-changes?limit=3", id_of(&bookings[3]))).await.ok();
        assert_eq!(first["items"].as_array().map(Vec::len), Some(3));
        let rest = format!("/v1/bookings/{}/position-changes?limit=3&cursor=", id_of(&bookings[3]));
        let rest = partner.get(format!("{rest}{}", first["nextCursor"].as_str().expect("more"))).await.ok();
        assert_eq!((&rest["items"][0], &rest["nextCursor"]), (&told[3], &json!(null)));
        let ellie = world.participant("ellie").await;
        let foreign = ellie.get(format!("/v1/bookings/{}/position-changes", id_of(&bookings[3]))).await;
        let _ = foreign.problem(404, "not-found");
    });
}
