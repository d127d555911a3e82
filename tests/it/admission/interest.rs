//! Interest in a programme: a wish to hear of future cohorts, without an account.

use crate::on_both;
use serde_json::json;

/// ACC-9.
#[test]
fn anyone_can_tell_their_interest_and_an_organisation_that_is_not_listed_is_accepted() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let path = format!("/v1/programmes/{programme}/interest");
        let body = json!({
            "email": "nia@example.uk", "fullName": "Nia Price", "jobRole": "practice_manager", "staffGroup": "admin",
            "organisationName": "A surgery that is not listed", "sector": "primary_care", "locality": "Hove",
            "note": "Any Thursday."
        });
        let told = world.anonymous().post(&path, body.clone()).await.created();
        assert_eq!(told["email"], "nia@example.uk");
        let again = world.anonymous().post(&path, body).await;
        assert!(matches!(again.code(), 200 | 201), "{}", again.described());
        let rows = world.database.dump("interest").await;
        assert_eq!(rows.len(), 1, "the same wish is kept once");
        let _ = world
            .participant("ellie")
            .await
            .post(&path, json!({"email": "ellie@example.uk", "fullName": "E"}))
            .await
            .status(201);
    });
}

#[test]
fn interest_with_faults_or_in_a_draft_is_refused() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let path = format!("/v1/programmes/{programme}/interest");
        let bad = json!({"email": "x", "jobRole": "A b", "organisationId": 7, "wish": "all"});
        let problem = world.anonymous().post(&path, bad).await.problem(422, "invalid");
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(5), "{problem:#}");
        let draft = world.draft(harness::s2::compassionate_leadership()).await;
        let body = json!({"email": "nia@example.uk", "fullName": "Nia"});
        let _ = world
            .anonymous()
            .post(format!("/v1/programmes/{draft}/interest"), body)
            .await
            .problem(404, "not-found");
    });
}
