//! Roles per academy (ACC-3, ACC-5): members, and what each kind of caller may do.

use crate::on_both;
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
        let token = world.mailbox.token(&nia.email()).await;
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
