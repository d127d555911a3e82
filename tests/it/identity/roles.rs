//! Roles per academy (ACC-3, ACC-5): members, and what each kind of caller may do.

use crate::on_both;
use harness::s2::id_of;
use harness::{Actor, World};
use serde_json::json;

fn members(world: &World) -> String {
    format!("/v1/academies/{}/members", world.academy())
}

/// ACC-3.
#[test]
fn a_member_by_email_is_in_force_once_that_email_is_verified() {
    on_both(async |world| {
        let admin = world.platform_admin();
        let nia = world.newcomer("nia").await;
        let _ =
            admin.post(members(&world), json!({"email": nia.email(), "role": "coordinator"})).await.created();
        let drafts = format!("/v1/academies/{}/programmes", world.academy());
        let _ = nia.get(&drafts).await.status(403);
        let token = world.mailbox.verification_token(&nia.email()).await;
        world.anonymous().post("/v1/auth/email-verifications", json!({"token": token})).await.no_content();
        let _ = nia.get(&drafts).await.status(200);
    });
}

/// ACC-3.
#[test]
fn a_role_is_replaced_by_another_and_ends_at_once() {
    on_both(async |world| {
        let admin = world.platform_admin();
        let ellie = world.participant("ellie").await;
        let member = format!("{}/{}", members(&world), world.id_of("ellie"));
        let drafts = format!("/v1/academies/{}/programmes", world.academy());
        let set = |role: &str| admin.put(&member, json!({"role": role}));
        let made = set("coordinator").without("if-match").await;
        assert!(matches!(made.code(), 200 | 201), "{}", made.described());
        let _ = ellie.get(&drafts).await.status(200);
        assert_eq!(set("supervisor").await.ok()["role"], "supervisor");
        let _ = ellie.get(&drafts).await.status(403);
        let _ = set("queen").await.status(422);
        let _ = set("coordinator").await.ok();
        let listed = admin.get(members(&world)).await.ok();
        let of_ellie = |item: &&serde_json::Value| item.to_string().contains(world.id_of("ellie"));
        assert_eq!(
            listed["items"].as_array().expect("items").iter().filter(of_ellie).count(),
            1,
            "{listed:#}"
        );
        let _ = admin.delete(&member).await.status(204);
        let _ = ellie.get(&drafts).await.status(403);
        let _ = admin
            .put(format!("{}/{}", members(&world), world.academy()), json!({"role": "coordinator"}))
            .await
            .status(404);
    });
}

/// ACC-1.
#[test]
fn a_facilitator_who_registers_late_runs_their_meetings_on() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let client = world.client(json!({"name": "Kent Trust", "scopes": ["bookings:write"]})).await;
        let _ = client.book_for(&cohort, "nia").await.created();
        let email = "nia@trust.example.nhs.uk";
        let anonymous = world.anonymous();
        let prove = async |nth| {
            let token = world.mailbox.nth_verification_token(email, nth).await;
            anonymous.post("/v1/auth/email-verifications", json!({"token": token})).await.no_content();
        };
        prove(1).await;
        let member = json!({"email": email, "role": "facilitator"});
        let member = world.platform_admin().post(members(&world), member).await.created();
        let coordinator = world.coordinator();
        let runs = json!({"facilitatorId": member["personId"]});
        let programme = world.plain_programme().await;
        let taster = format!("/v1/tasters/{}", id_of(&world.taster(&programme, 2).await));
        let _ = coordinator.patch(&taster, runs.clone()).await.ok();
        let session = format!("/v1/sessions/{}", id_of(&world.session(&cohort, 48).await));
        let _ = coordinator.patch(&session, runs).await.ok();
        let before = coordinator.get(&session).await.etag();
        let nia = world.newcomer("nia").await;
        assert!(nia.get(&taster).await.ok()["checkInCode"].is_null());
        prove(2).await;
        assert!(nia.get(&taster).await.ok()["checkInCode"].is_string());
        let me = nia.get("/v1/me").await.ok();
        for path in [&taster, &session] {
            assert_eq!(coordinator.get(path).await.ok()["facilitatorId"], me["id"], "{path}");
        }
        assert_ne!(coordinator.get(&session).await.etag(), before);
        let _ = nia.get(format!("/v1/cohorts/{cohort}/bookings")).await.status(200);
    });
}

/// ACC-3.
#[test]
fn a_version_of_a_membership_never_comes_back() {
    on_both(async |world| {
        let admin = world.platform_admin();
        let ellie = world.participant("ellie").await;
        let member = format!("{}/{}", members(&world), world.id_of("ellie"));
        let set = |role: &str| admin.put(&member, json!({"role": role}));
        let first = set("coordinator").without("if-match").await.status(200).etag();
        let _ = ellie.patch("/v1/me", json!({"fullName": "Ellie Ward-Hughes"})).await.ok();
        let renamed = admin.get(&member).header("if-none-match", &first).await.status(200);
        assert_eq!(renamed["fullName"], "Ellie Ward-Hughes");
        let second = set("supervisor").if_match(&first).await.status(200).etag();
        let third = set("coordinator").if_match(&second).await.status(200).etag();
        let _ = admin.delete(&member).if_match(&third).await.status(204);
        let anew = set("coordinator").without("if-match").await.status(200).etag();
        let seen = [&first, &renamed.etag(), &second, &third, &anew].map(Clone::clone);
        assert_eq!(std::collections::BTreeSet::from(seen.clone()).len(), 5, "{seen:?}");
        for old in &seen[..4] {
            let _ = set("facilitator").if_match(old).await.problem(412, "precondition-failed");
            let _ = admin.delete(&member).if_match(old).await.problem(412, "precondition-failed");
        }
        let _ = set("facilitator").if_match(&anew).await.status(200);
    });
}

/// ACC-3.
#[test]
fn an_invitation_has_another_version_with_another_role() {
    on_both(async |world| {
        let admin = world.platform_admin();
        let invite = |role: &str| {
            admin.post(members(&world), json!({"email": "new@trust.example.nhs.uk", "role": role}))
        };
        let first = invite("coordinator").await.status(201);
        let id = first["invitationId"].as_str().expect("an invitation");
        let path = format!("/v1/academies/{}/member-invitations/{id}", world.academy());
        let changed = invite("facilitator").await.status(201);
        assert_eq!(changed["invitationId"], first["invitationId"]);
        let read = admin.get(&path).header("if-none-match", &first.etag()).await.status(200);
        assert_eq!((read["role"].as_str(), read.etag()), (Some("facilitator"), changed.etag()));
        assert_ne!(read["updatedAt"], read["createdAt"]);
        let _ = admin.delete(&path).if_match(&first.etag()).await.problem(412, "precondition-failed");
        let again = invite("facilitator").await.status(201);
        assert_eq!(again.etag(), changed.etag(), "nothing differs");
        let _ = admin.delete(&path).if_match(&changed.etag()).await.status(204);
    });
}

/// ACC-3.
#[test]
fn an_academy_admin_manages_members_and_clients_and_a_coordinator_does_not() {
    on_both(async |world| {
        let platform = world.platform_admin();
        let ellie = world.participant("ellie").await;
        let member = |name: &str| format!("{}/{}", members(&world), world.id_of(name));
        let clients = format!("/v1/academies/{}/clients", world.academy());
        let _ = platform
            .put(member("ellie"), json!({"role": "academy_admin"}))
            .without("if-match")
            .await
            .succeeded();
        let role = json!({"role": "facilitator"});
        let _ = ellie.put(member("sam"), role.clone()).without("if-match").await.status(200);
        let _ = ellie.post(&clients, json!({"name": "x", "scopes": ["bookings:read"]})).await.status(201);
        let coordinator = world.coordinator();
        let _ = coordinator.put(member("tom"), role).without("if-match").await.problem(403, "forbidden");
        let _ = coordinator.get(members(&world)).await.problem(403, "forbidden");
        let _ =
            coordinator.post(&clients, json!({"name": "x", "scopes": []})).await.problem(403, "forbidden");
    });
}

/// ACC-3.
#[test]
fn a_platform_admin_sees_no_bookings() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let booked = world.partner().book_for(&cohort, "nia").await.created();
        let admin = world.platform_admin();
        let id = booked["id"].as_str().expect("an id");
        let _ = admin.get(format!("/v1/bookings/{id}")).await.problem(404, "not-found");
        let _ = admin.get(format!("/v1/cohorts/{cohort}/bookings")).await.problem(403, "forbidden");
        let _ = admin.post(format!("/v1/bookings/{id}/cancel"), json!({})).await.problem(404, "not-found");
    });
}

/// ACC-5.
#[test]
fn each_kind_of_caller_may_do_what_the_one_function_says() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let (cohort, taster, programme) = (&s2.cohort, &s2.taster, &s2.programme);
        let academy = world.academy();
        let reads = [
            (format!("/v1/cohorts/{cohort}"), [200, 200, 200, 200, 200, 200]),
            (format!("/v1/tasters/{taster}"), [200, 200, 200, 200, 200, 200]),
            (format!("/v1/programmes/{programme}"), [200, 200, 200, 200, 200, 200]),
            (format!("/v1/academies/{academy}/programmes"), [401, 403, 403, 200, 403, 200]),
            (format!("/v1/cohorts/{cohort}/bookings"), [401, 403, 403, 200, 200, 200]),
            (format!("/v1/cohorts/{cohort}/waiting-list"), [401, 403, 403, 200, 403, 200]),
            (format!("/v1/cohorts/{cohort}/ledger"), [401, 403, 403, 200, 403, 200]),
            (format!("/v1/tasters/{taster}/attendance"), [401, 403, 403, 200, 403, 200]),
            (format!("/v1/academies/{academy}/clients"), [401, 403, 403, 403, 403, 403]),
            ("/v1/me/bookings".to_owned(), [401, 200, 200, 200, 403, 403]),
        ];
        let callers: [Actor; 6] = [
            world.anonymous(),
            world.participant("ellie").await,
            world.facilitator(),
            world.coordinator(),
            world.partner(),
            world.operations(),
        ];
        let mut wrong = Vec::new();
        for (path, expected) in reads {
            for (caller, expected) in callers.iter().zip(expected) {
                let answer = caller.get(&path).await;
                if answer.code() != expected {
                    wrong.push(format!("expected {expected}: {}", answer.described()));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    });
}
