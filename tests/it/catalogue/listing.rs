//! The public listing: filters, search, freshness (PRG-1, PRG-10).

use crate::{on_both, on_postgres};
use harness::World;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn ids(world: &World, query: &str) -> Vec<Value> {
    let items = world.anonymous().all(&format!("/v1/programmes?{query}")).await;
    items.into_iter().map(|item| item["id"].clone()).collect()
}

/// PRG-1.
#[test]
fn programmes_are_filtered_by_academy_topic_and_region() {
    on_both(async |world| {
        let calm = world.programme_that(json!({"topics": ["calm", "sleep"]})).await;
        let other = world.programme_that(json!({"topics": ["leadership"]})).await;
        assert_eq!(ids(&world, "topic=calm").await, [calm.as_str()]);
        assert_eq!(ids(&world, &format!("academyId={}", world.academy())).await.len(), 2);
        assert_eq!(ids(&world, "region=south_east").await, [calm.as_str(), other.as_str()]);
        assert!(ids(&world, "region=london").await.is_empty());
        assert!(ids(&world, "topic=calm&region=london").await.is_empty());
    });
}

/// PRG-2.
#[test]
fn a_job_role_that_eligibility_excludes_is_filtered_out() {
    on_both(async |world| {
        let for_managers =
            json!({"eligibility": {"all": [{"jobRole": ["practice_manager"]}, {"region": ["south_east"]}]}});
        let for_managers = world.programme_that(for_managers).await;
        let not_for_matrons =
            world.programme_that(json!({"eligibility": {"not": {"jobRole": ["matron"]}}})).await;
        let for_all = world.plain_programme().await;
        let seen = ids(&world, "jobRole=practice_manager").await;
        assert_eq!(seen, [for_managers.as_str(), not_for_matrons.as_str(), for_all.as_str()]);
        assert_eq!(ids(&world, "jobRole=matron").await, [for_all.as_str()]);
    });
}

#[test]
fn a_search_finds_every_word_in_title_summary_or_topics_without_case() {
    on_both(async |world| {
        let body =
            json!({"title": "Compassion at work", "summary": "For Éric's team", "topics": ["night_shifts"]});
        let id = world.programme_that(body).await;
        let _ = world.programme_that(json!({"title": "Compassion at home", "summary": "x"})).await;
        for q in ["COMPASSION%20work", "work%20compassion%20eric", "night", "%C3%89RIC"] {
            assert_eq!(ids(&world, &format!("q={q}")).await, [id.as_str()], "{q}");
        }
        assert!(ids(&world, "q=compassion%20nowhere").await.is_empty());
    });
}

#[test]
fn a_search_takes_hyphens_and_underscores_for_blanks_and_knows_no_case_of_any_letter() {
    on_both(async |world| {
        let body =
            json!({"title": "Große ΟΔΟΣ", "summary": "x", "topics": ["wellbeing_at_work", "self-care"]});
        let id = world.programme_that(body).await;
        let _ = world.programme_that(json!({"topics": ["wellbeing"]})).await;
        for q in [
            "wellbeing%20at%20work",
            "wellbeing_at_work",
            "Wellbeing-At-WORK",
            "SELF%20care",
            "self_care",
            "GROSSE",
            "gro%C3%9Fe",
            "%CE%BF%CE%B4%CE%BF%CF%82",
        ] {
            assert_eq!(ids(&world, &format!("q={q}")).await, [id.as_str()], "{q}");
        }
        assert!(ids(&world, "q=wellbeing_at_home").await.is_empty());
    });
}

/// PRG-10.
#[test]
fn open_programmes_are_those_that_can_be_booked_now_waiting_list_included() {
    on_both(async |world| {
        let open = world.plain_programme().await;
        let full = world.cohort(&open, json!({"capacity": 1})).await;
        let later = world.plain_programme().await;
        let _ = world.cohort(&later, json!({"bookingOpensAt": world.in_hours(24)})).await;
        let none = world.plain_programme().await;
        let gone = world.plain_programme().await;
        let gone_cohort = world.cohort(&gone, json!({"capacity": 1, "waitingList": false})).await;
        let _ = world.partner().book_for(&full, "nia").await.created();
        let _ = world.partner().book_for(&gone_cohort, "nia").await.created();
        let seen = ids(&world, "open=true").await;
        assert!(seen.contains(&json!(open)), "full with a waiting list can be booked");
        assert!(!seen.contains(&json!(later)) && !seen.contains(&json!(none)));
        world.advance(chrono::TimeDelta::hours(25));
        // A page in memory ends when real time has come so far, which the test's clock only pretends.
        world.server.start_again().await;
        assert!(ids(&world, "open=true").await.contains(&json!(later)), "the opening is not seen");
    });
}

/// PRG-10.
#[test]
fn programmes_and_cohorts_show_one_derived_public_state() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let state = async || {
            let read = world.anonymous().get(format!("/v1/programmes/{programme}")).await.ok();
            read["publicState"]["code"].as_str().unwrap_or_default().to_owned()
        };
        let of = async |cohort: &str| {
            let read = world.anonymous().cohort(cohort).await;
            read["publicState"]["code"].as_str().unwrap_or_default().to_owned()
        };
        assert_eq!(state().await, "interest_only");
        let later = world.cohort(&programme, json!({"bookingOpensAt": world.in_hours(24)})).await;
        assert_eq!(of(&later).await, "opens_at");
        let open = world.cohort(&programme, json!({"capacity": 1})).await;
        assert_eq!(of(&open).await, "places_left");
        assert_eq!(state().await, "places_left");
        let _ = world.partner().book_for(&open, "nia").await.created();
        assert_eq!(of(&open).await, "full_with_waiting_list");
        let full = world.cohort(&programme, json!({"capacity": 1, "waitingList": false})).await;
        let _ = world.partner().book_for(&full, "nia").await.created();
        assert_eq!(of(&full).await, "full");
        let closed = world.cohort(&programme, json!({"bookingClosesAt": world.in_hours(1)})).await;
        world.advance(chrono::TimeDelta::hours(2));
        assert_eq!(of(&closed).await, "closed");
    });
}

#[test]
fn a_change_is_visible_at_once_on_the_server_that_made_it_and_within_a_second_on_the_others() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        let programme = world.plain_programme().await;
        let elsewhere = world.anonymous().at(&second);
        let _ = elsewhere.all("/v1/programmes").await;
        let patch = json!({"title": "Another title"});
        let _ = world.coordinator().patch(format!("/v1/programmes/{programme}"), patch).await.ok();
        let shows = |items: Vec<Value>| items.iter().any(|item| item["title"] == "Another title");
        assert!(shows(world.anonymous().all("/v1/programmes").await), "not at once");
        let begun = Instant::now();
        while !shows(elsewhere.all("/v1/programmes").await) {
            assert!(begun.elapsed() < Duration::from_secs(3), "not within a second on the other server");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

#[test]
fn a_list_of_programmes_has_an_etag_of_its_own() {
    on_both(async |world| {
        let _ = world.plain_programme().await;
        let first = world.anonymous().get("/v1/programmes").await.status(200);
        if first.header("etag").is_empty() {
            return;
        }
        let etag = first.etag();
        let _ = world.anonymous().get("/v1/programmes").header("if-none-match", &etag).await.status(304);
        let _ = world.plain_programme().await;
        let _ = world.anonymous().get("/v1/programmes").header("if-none-match", &etag).await.status(200);
    });
}
