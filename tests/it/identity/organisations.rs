//! Organisations and labelled lists (ACC-8, ACC-9).

use crate::on_both;
use serde_json::json;

/// ACC-8, ACC-9.
#[test]
fn organisations_are_added_by_staff_and_found_by_anyone() {
    on_both(async |world| {
        let body = json!({
            "name": "Royal Surrey NHS Foundation Trust", "odsCode": "RA2", "sector": "acute",
            "region": "south_east", "locality": "Guildford", "postcode": "GU2 7XX"
        });
        let made = world.coordinator().post("/v1/organisations", body).await.status(201);
        assert_eq!(made["odsCode"], "RA2");
        let anonymous = world.anonymous();
        for query in ["q=surrey", "q=ROYAL%20trust", "odsCode=ra2", "q=RA2", "q=gu2%207xx"] {
            let found = anonymous.get(format!("/v1/organisations?{query}")).await.ok();
            assert_eq!(found["items"][0]["id"], made["id"], "{query}: {found:#}");
        }
        let nothing = anonymous.get("/v1/organisations?q=nowhere").await.ok();
        assert_eq!(nothing["items"], json!([]));
        let again = json!({"name": "Another", "odsCode": "ra2"});
        let again = world.coordinator().post("/v1/organisations", again).await;
        assert_eq!(again.code(), 409, "{}", again.described());
        let _ = world
            .participant("ellie")
            .await
            .post("/v1/organisations", json!({"name": "Mine"}))
            .await
            .status(403);
        let bad = json!({"name": "", "odsCode": "not a code!", "region": "moon"});
        let problem = world.coordinator().post("/v1/organisations", bad).await.problem(422, "invalid");
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(3), "{problem:#}");
    });
}

/// ACC-8.
#[test]
fn a_person_has_an_organisation_and_its_region_counts_first() {
    on_both(async |world| {
        let body = json!({"name": "Kent Community Health", "region": "south_east"});
        let made = world.coordinator().post("/v1/organisations", body).await.created();
        let programme = world.programme_that(json!({"eligibility": {"region": ["south_east"]}})).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let ellie = world.participant("ellie").await;
        let patch = json!({"organisationId": made["id"], "region": "london"});
        assert_eq!(ellie.patch("/v1/me", patch).await.ok()["organisationId"], made["id"]);
        assert_eq!(ellie.book(&cohort, json!({})).await.created()["status"], "confirmed");
    });
}

/// ACC-9.
#[test]
fn an_unknown_ods_code_in_a_booking_makes_an_organisation_with_only_its_code() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let body = json!({"participant": {"email": "nia@example.uk", "fullName": "Nia", "organisationOdsCode": "RXX"}});
        let _ = world.partner().book(&cohort, body).await.created();
        let found = world.anonymous().get("/v1/organisations?odsCode=RXX").await.ok();
        assert_eq!(found["items"][0]["odsCode"], "RXX", "{found:#}");
        assert!(found["items"][0]["name"].is_null());
    });
}

/// ACC-9.
#[test]
fn the_labelled_lists_are_public() {
    on_both(async |world| {
        let lists = world.anonymous().get("/v1/reference-data").await.ok();
        for list in ["regions", "jobRoles", "staffGroups", "sectors", "qualifications"] {
            let items = lists[list].as_array().unwrap_or_else(|| panic!("{list}: {lists:#}"));
            assert!(items.iter().all(|item| item["code"].is_string() && item["label"].is_string()), "{list}");
        }
        let has = |list: &str, code: &str| {
            lists[list].as_array().is_some_and(|items| items.iter().any(|item| item["code"] == code))
        };
        assert!(has("regions", "south_east") && has("jobRoles", "practice_manager"));
        assert!(has("qualifications", "professional_nurse_advocate"));
        assert!(!has("jobRoles", "professional_nurse_advocate"), "a qualification is no job role");
        assert_eq!(lists["regions"].as_array().map(Vec::len), Some(7));
    });
}
