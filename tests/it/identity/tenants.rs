//! One academy's matters are nobody else's (ACC-3, ACC-6, ACC-7).

use crate::on_both;
use harness::s2::{compassionate_leadership, fresh_slug, participant};
use harness::{Actor, World};
use serde_json::json;

/// Another academy, with Sam as its coordinator.
async fn elsewhere(world: &World) -> (String, Actor) {
    let admin = world.platform_admin();
    let academy = json!({
        "slug": fresh_slug("london"), "name": "London Leadership Academy", "region": "london",
        "contactEmail": "london@example.nhs.uk",
    });
    let academy = admin.post("/v1/academies", academy).await.created();
    let id = academy["id"].as_str().expect("an id").to_owned();
    let member = format!("/v1/academies/{id}/members/{}", world.id_of("sam"));
    let set = admin.put(member, json!({"role": "coordinator"})).without("if-match").await;
    assert!(set.succeeded(), "{}", set.described());
    (id, world.participant("sam").await)
}

/// ACC-3.
#[test]
fn a_role_in_another_academy_reads_and_changes_nothing_here() {
    on_both(async |world| {
        let (_, sam) = elsewhere(&world).await;
        let s2 = world.s2(json!({})).await;
        let booked = world
            .partner()
            .book(&s2.cohort, json!({"answers": harness::s2::answers(), "participant": participant("nia")}));
        let booked = booked.await.created();
        let booking = booked["id"].as_str().expect("an id");
        let draft = world.draft(compassionate_leadership()).await;
        let mut wrong = Vec::new();
        for path in [
            format!("/v1/bookings/{booking}"),
            format!("/v1/programmes/{draft}"),
            format!("/v1/programmes/{draft}/cohorts"),
        ] {
            let answer = sam.get(&path).await;
            if answer.code() != 404 {
                wrong.push(answer.described());
            }
        }
        for path in [
            format!("/v1/cohorts/{}/bookings", s2.cohort),
            format!("/v1/cohorts/{}/waiting-list", s2.cohort),
            format!("/v1/cohorts/{}/ledger", s2.cohort),
            format!("/v1/tasters/{}/attendance", s2.taster),
            format!("/v1/academies/{}/programmes", world.academy()),
            format!("/v1/academies/{}/members", world.academy()),
        ] {
            let answer = sam.get(&path).await;
            if !matches!(answer.code(), 403 | 404) {
                wrong.push(answer.described());
            }
        }
        let writes = [
            sam.patch(format!("/v1/programmes/{}", s2.programme), json!({"summary": "Mine."})),
            sam.patch(format!("/v1/programmes/{draft}"), json!({"summary": "Mine."})),
            sam.patch(format!("/v1/cohorts/{}", s2.cohort), json!({"capacity": 1})),
            sam.post(format!("/v1/programmes/{draft}/publish"), json!({})),
            sam.post(format!("/v1/programmes/{}/archive", s2.programme), json!({})),
            sam.post(format!("/v1/bookings/{booking}/cancel"), json!({})),
            sam.post(format!("/v1/tasters/{}/attendance", s2.taster), json!({"attendees": []})),
            sam.post(format!("/v1/tasters/{}/attendance/seal", s2.taster), json!({})),
            sam.book_for(&s2.cohort, "omar"),
            sam.post(
                format!("/v1/cohorts/{}/eligibility-checks", s2.cohort),
                json!({"participant": participant("nia")}),
            ),
        ];
        for write in writes {
            let answer = write.await;
            if !matches!(answer.code(), 403 | 404) {
                wrong.push(answer.described());
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
        assert!(
            world.anonymous().get(format!("/v1/tasters/{}", s2.taster)).await.ok()["checkInCode"].is_null()
        );
        assert!(sam.get(format!("/v1/tasters/{}", s2.taster)).await.ok()["checkInCode"].is_null());
    });
}

/// ACC-3.
#[test]
fn a_client_acts_in_its_one_academy() {
    on_both(async |world| {
        let (academy, sam) = elsewhere(&world).await;
        let body =
            json!({"slug": fresh_slug("calm"), "title": "Calm", "summary": "Calm.", "format": "cohort"});
        let programme = sam.post(format!("/v1/academies/{academy}/programmes"), body).await.created();
        let programme = programme["id"].as_str().expect("an id");
        let _ = sam.post(format!("/v1/programmes/{programme}/publish"), json!({})).await.ok();
        let body = json!({"title": "Autumn", "capacity": 3});
        let cohort = sam.post(format!("/v1/programmes/{programme}/cohorts"), body).await.created();
        let cohort = cohort["id"].as_str().expect("an id");
        for client in [world.partner(), world.operations()] {
            let _ = client.book_for(cohort, "nia").await.problem(403, "forbidden");
            let _ = client.get(format!("/v1/cohorts/{cohort}/bookings")).await.problem(403, "forbidden");
        }
        assert_eq!(sam.cohort(cohort).await["placesTaken"], 0);
        assert_eq!(
            world.participant("ellie").await.book(cohort, json!({})).await.created()["status"],
            "confirmed"
        );
    });
}

/// ACC-6.
#[test]
fn the_ledger_tells_no_fact_about_a_person() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        world.attended(&s2.taster, &["ellie"]).await;
        let ellie = world.participant("ellie").await;
        let booked = ellie.book(&s2.cohort, json!({"answers": harness::s2::answers()})).await.created();
        assert_eq!(booked["status"], "confirmed");
        let ledger =
            world.coordinator().get(format!("/v1/cohorts/{}/ledger", s2.cohort)).await.status(200).text();
        for word in ["ellie", "Ellie", "Ward", "participant", "email"] {
            assert!(!ledger.contains(word), "{word} stands in the ledger: {ledger}");
        }
    });
}

/// ACC-7.
#[test]
fn every_change_is_audited_with_who_what_when_and_from_where() {
    on_both(async |world| {
        let before = world.database.dump("audit").await.len();
        let cohort = world.plain_cohort(json!({})).await;
        let made = world.database.dump("audit").await.len();
        assert!(made >= before + 3, "draft, publication and cohort are on record: {before} -> {made}");
        let request = world.partner().book_for(&cohort, "nia").header("x-request-id", "ticket-4711");
        let booked = request.await.created();
        let _ = world
            .coordinator()
            .post(
                format!("/v1/bookings/{}/cancel", booked["id"].as_str().unwrap_or_default()),
                json!({"reason": "duplicate"}),
            )
            .await
            .ok();
        let rows = world.database.column(
            "SELECT actor_kind || ' ' || action || ' ' || coalesce(request_id, '-') || ' ' || coalesce(network, '-') FROM audit",
        );
        let rows = rows.await;
        assert!(
            rows.iter().any(|row| row.starts_with("client ") && row.contains("ticket-4711")),
            "{rows:#?}"
        );
        assert!(rows.iter().any(|row| row.starts_with("person ") && row.contains("cancel")), "{rows:#?}");
        let changed = world.database.execute("UPDATE audit SET action = 'nothing'").await;
        assert!(changed.is_err(), "the audit trail can be rewritten");
        let deleted = world.database.execute("DELETE FROM audit").await;
        assert!(deleted.is_err(), "the audit trail can be deleted");
    });
}
