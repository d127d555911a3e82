//! Programmes and what they ask for (PRG-1, PRG-2).

use crate::on_both;
use harness::s2::{compassionate_leadership, fresh_slug, merged};
use serde_json::json;

/// PRG-1.
#[test]
fn a_programme_is_drafted_published_and_archived() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let id = world.draft(compassionate_leadership()).await;
        let path = format!("/v1/programmes/{id}");
        let anonymous = world.anonymous();
        assert_eq!(coordinator.get(&path).await.ok()["status"], "draft");
        let _ = anonymous.get(&path).await.problem(404, "not-found");
        let _ = world.participant("ellie").await.get(&path).await.problem(404, "not-found");
        let _ = anonymous.get(format!("{path}/tasters")).await.problem(404, "not-found");
        let published = coordinator.post(format!("{path}/publish"), json!({})).await.ok();
        assert_eq!(published["status"], "published");
        assert_eq!(anonymous.get(&path).await.ok()["title"], published["title"]);
        let cohort = world.cohort(&id, json!({})).await;
        let archived = coordinator.post(format!("{path}/archive"), json!({})).await.ok();
        assert_eq!(archived["status"], "archived");
        let listed = anonymous.all("/v1/programmes").await;
        assert!(listed.iter().all(|item| item["id"] != id.as_str()));
        let booking = world.partner().book_for(&cohort, "nia").await;
        let _ = booking.problem(409, "not-published");
    });
}

/// PRG-1.
#[test]
fn live_bookings_of_an_archived_programme_go_on() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let cohort = world.cohort(&programme, json!({"capacity": 1})).await;
        let booked = world.partner().book_all(&cohort, &["nia", "omar"]).await;
        let _ = world.coordinator().post(format!("/v1/programmes/{programme}/archive"), json!({})).await.ok();
        let _ = world.partner().act(&booked[0], "cancel").await.ok();
        assert_eq!(world.partner().again(&booked[1]).await["status"], "offered");
        assert_eq!(world.partner().act(&booked[1], "offer/accept").await.ok()["status"], "confirmed");
    });
}

/// PRG-1.
#[test]
fn a_programme_shows_all_that_its_page_needs() {
    on_both(async |world| {
        let body = merged(
            compassionate_leadership(),
            &json!({
                "audience": "Anyone in a leadership or management role in health and social care.",
                "benefits": ["Less stress"],
                "designers": [{"name": "Dr Robert Marx", "role": null, "biography": "Teaches mindfulness."}],
                "speakers": [{"name": "Professor Clara Strauss", "role": "Professor", "biography": null}],
                "contact": {"name": "Ellie Ward", "email": "contact@example.nhs.uk", "phone": null},
                "fees": [{"audience": "Nurse advocates", "fee": "Free"}],
                "testimonials": [{"quote": "It changed my week.", "attribution": "A matron", "consent": true}],
                "sections": [{"heading": "Why compassion?", "body": "At the heart of compassion …"}],
            }),
        );
        let path = format!("/v1/academies/{}/programmes", world.academy());
        let made = world.coordinator().post(path, body.clone()).await.created();
        for (name, value) in body.as_object().expect("an object") {
            assert_eq!(&made[name.as_str()], value, "{name}");
        }
    });
}

/// PRG-1.
#[test]
fn a_related_programme_is_shown_to_all_only_while_it_is_published() {
    on_both(async |world| {
        let other = world.draft(compassionate_leadership()).await;
        let id = world.programme_that(json!({"relatedProgrammes": [other]})).await;
        let path = format!("/v1/programmes/{id}");
        let (coordinator, anonymous) = (world.coordinator(), world.anonymous());
        assert_eq!(coordinator.get(&path).await.ok()["relatedProgrammes"], json!([other]));
        assert_eq!(anonymous.get(&path).await.ok()["relatedProgrammes"], json!([]));
        for (step, shown) in [("publish", json!([other])), ("archive", json!([]))] {
            let _ = coordinator.post(format!("/v1/programmes/{other}/{step}"), json!({})).await.ok();
            assert_eq!(anonymous.get(&path).await.ok()["relatedProgrammes"], shown, "{step}");
        }
    });
}

#[test]
fn a_slug_stands_once_in_an_academy() {
    on_both(async |world| {
        let path = format!("/v1/academies/{}/programmes", world.academy());
        let body = compassionate_leadership();
        let _ = world.coordinator().post(&path, body.clone()).await.created();
        let again = world.coordinator().post(&path, body).await;
        assert_eq!(again.code(), 409, "{}", again.described());
    });
}

/// PRG-2.
#[test]
fn an_eligibility_expression_is_taken_whole_or_refused_with_its_places() {
    on_both(async |world| {
        let rule = json!({"all": [
            {"any": [{"jobRole": ["practice_manager"]}, {"staffGroup": ["nursing"]}]},
            {"not": {"region": ["london", "midlands"]}},
            {"leadsOrManages": true},
            {"qualification": ["professional_nurse_advocate"]},
            {"sector": ["primary_care"]},
        ]});
        let id = world.draft(merged(compassionate_leadership(), &json!({"eligibility": rule}))).await;
        let read = world.coordinator().get(format!("/v1/programmes/{id}")).await.ok();
        assert_eq!(read["eligibility"], rule);
        for (wrong, pointer) in [
            (json!({"all": [{"jobRole": ["ok"]}, {"shoeSize": [44]}]}), "/eligibility/all/1"),
            (json!({"region": ["moon"]}), "/eligibility/region/0"),
            (json!({"jobRole": []}), "/eligibility/jobRole"),
            (json!({"leadsOrManages": "yes"}), "/eligibility/leadsOrManages"),
            (json!({"jobRole": ["a"], "sector": ["b"]}), "/eligibility"),
            (json!([]), "/eligibility"),
        ] {
            let body = merged(compassionate_leadership(), &json!({"eligibility": wrong}));
            let path = format!("/v1/academies/{}/programmes", world.academy());
            let problem = world.coordinator().post(path, body).await.problem(422, "invalid");
            let found = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
            assert!(found.starts_with(pointer), "{pointer}: {problem:#}");
        }
    });
}

/// PRG-2.
#[test]
fn a_check_without_a_booking_names_each_rule_that_fails_and_asks_for_unknown_facts() {
    on_both(async |world| {
        let rule =
            json!({"eligibility": {"all": [{"jobRole": ["practice_manager"]}, {"region": ["south_east"]}]}});
        let programme = world.programme_that(rule).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let path = format!("/v1/cohorts/{cohort}/eligibility-checks");
        let ellie = world.participant("ellie").await;
        let unknown = ellie.post(&path, json!({})).await.ok();
        assert_eq!(unknown["eligible"], false, "not known yet: {unknown:#}");
        assert!(unknown.to_string().contains("jobRole"), "the profile field is asked for: {unknown:#}");
        let _ = ellie.patch("/v1/me", json!({"jobRole": "matron", "region": "london"})).await.ok();
        let failed = ellie.post(&path, json!({})).await.ok();
        assert_eq!(failed["eligible"], false);
        let gate = failed["gate"].as_array().expect("a gate");
        let item = gate.iter().find(|item| item["requirement"] == "eligible").expect("the requirement");
        assert_eq!(item["met"], false);
        let refused = ellie.book(&cohort, json!({})).await.problem(422, "not-eligible");
        assert_eq!(refused["errors"].as_array().map(Vec::len), Some(2), "each rule is named: {refused:#}");
        let _ =
            ellie.patch("/v1/me", json!({"jobRole": "practice_manager", "region": "south_east"})).await.ok();
        assert_eq!(ellie.post(&path, json!({})).await.ok()["eligible"], true);
        let of_other =
            json!({"participant": {"email": "nia@example.uk", "fullName": "Nia", "jobRole": "matron"}});
        assert_eq!(world.partner().post(&path, of_other.clone()).await.ok()["eligible"], false);
        let _ = ellie.post(&path, of_other).await.problem(403, "forbidden");
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 0);
        let none = world.coordinator().get(format!("/v1/cohorts/{cohort}/bookings")).await.ok();
        assert_eq!(none["items"], json!([]), "a check books nothing");
    });
}

/// PRG-2.
#[test]
fn a_completed_programme_counts_as_a_rule() {
    on_both(async |world| {
        let first = world.plain_programme().await;
        let rule = json!({"eligibility": {"completedProgramme": [first]}});
        let second = world.programme_that(rule).await;
        let cohort = world.cohort(&second, json!({})).await;
        let ellie = world.participant("ellie").await;
        let _ = ellie.book(&cohort, json!({})).await.problem(422, "not-eligible");
    });
}

#[test]
fn an_academy_is_public_and_made_by_a_platform_admin() {
    on_both(async |world| {
        let body = json!({
            "slug": fresh_slug("kent"), "name": "Kent Leadership Academy", "region": "south_east",
            "contactEmail": "kent@example.nhs.uk", "timeZone": "Europe/London",
        });
        let _ = world.coordinator().post("/v1/academies", body.clone()).await.problem(403, "forbidden");
        let made = world.platform_admin().post("/v1/academies", body.clone()).await.created();
        let _ = world.platform_admin().post("/v1/academies", body).await.status(409);
        let anonymous = world.anonymous();
        let id = made["id"].as_str().expect("an id");
        assert_eq!(
            anonymous.get(format!("/v1/academies/{id}")).await.ok()["name"],
            "Kent Leadership Academy"
        );
        assert_eq!(anonymous.all("/v1/academies").await.len(), 2);
        let bad = json!({"slug": "A b", "name": "", "region": "moon", "contactEmail": "x", "timeZone": "Mars/Olympus"});
        let problem = world.platform_admin().post("/v1/academies", bad).await.problem(422, "invalid");
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(5), "{problem:#}");
    });
}
