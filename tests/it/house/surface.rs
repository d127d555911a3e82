//! What the program shows of itself: health, metrics, documentation, limits, settings.

use crate::{on_both, program};
use harness::s2::answers;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn health_is_live_and_ready() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        let _ = anonymous.get("/health/live").await.status(200);
        let _ = anonymous.get("/health/ready").await.status(200);
    });
}

#[test]
fn metrics_on_the_main_address_are_for_platform_admins() {
    on_both(async |world| {
        let _ = world.anonymous().get("/metrics").await.problem(401, "unauthenticated");
        let _ = world.coordinator().get("/metrics").await.problem(403, "forbidden");
        let answer = world.platform_admin().get("/metrics").await.status(200);
        assert!(answer.header("content-type").starts_with("text/plain"), "{}", answer.described());
        let text = answer.text();
        assert!(text.contains("# TYPE") && text.contains("http"), "{text}");
        assert!(!text.contains("example.nhs.uk"), "personal data in the metrics: {text}");
    });
}

#[test]
fn metrics_have_an_address_of_their_own_when_one_is_set() {
    on_both(async |mut world| {
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
        let port = port.expect("a free port").port();
        let address = format!("127.0.0.1:{port}");
        let settings = world.settings().with("ACADEMY_METRICS_LISTEN", &address);
        world.restart_with(settings).await;
        let answer = reqwest::get(format!("http://{address}/metrics")).await.expect("metrics");
        assert_eq!(answer.status(), 200);
        let _ = world.platform_admin().get("/metrics").await.status(404);
    });
}

#[test]
fn the_documentation_page_is_served_whole_by_the_program() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        let mut page = anonymous.get("/docs").await;
        if page.code() / 100 == 3 {
            page = anonymous.get(page.header("location")).await;
        }
        let page = page.status(200);
        assert!(page.header("content-type").starts_with("text/html"), "{}", page.described());
        let policy = page.header("content-security-policy");
        assert!(policy.contains("'self'"), "{policy}");
        let text = page.text();
        assert!(
            !text.contains("src=\"http") && !text.contains("href=\"http"),
            "something from elsewhere: {text}"
        );
    });
}

#[test]
fn the_openapi_document_is_the_one_that_is_committed() {
    on_both(async |world| {
        let served = world.anonymous().get("/openapi.json").await.ok();
        assert!(served["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
        let printed = program().run(&["openapi"], &[]).succeeded().out;
        let printed: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
        assert_eq!(served, printed);
        let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");
        let committed = std::fs::read_to_string(committed).expect("openapi/openapi.json is committed");
        let committed: serde_json::Value = serde_json::from_str(&committed).expect("JSON");
        assert!(served == committed, "run `academy openapi > openapi/openapi.json`");
    });
}

#[test]
fn every_operation_of_the_document_says_all_that_it_has_to_say() {
    on_both(async |world| {
        let document = world.anonymous().get("/openapi.json").await.ok();
        let mut ids = BTreeSet::new();
        let paths = document["paths"].as_object().expect("paths");
        let methods = ["get", "post", "put", "patch", "delete"];
        let operations = paths.iter().flat_map(|(path, item)| {
            let item = item.as_object().expect("a path item");
            item.iter().filter(|(m, _)| methods.contains(&m.as_str())).map(move |(m, op)| (path, m, op))
        });
        for (path, method, operation) in operations {
            let name = format!("{method} {path}");
            for member in ["operationId", "summary", "description"] {
                let text = operation[member].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{name} has no {member}");
            }
            assert!(ids.insert(operation["operationId"].to_string()), "{name}: its operationId stands twice");
            assert!(operation["tags"].as_array().is_some_and(|tags| !tags.is_empty()), "{name} has no tag");
            let statuses: Vec<_> = operation["responses"].as_object().expect("responses").keys().collect();
            assert!(
                statuses.iter().any(|s| s.starts_with('2') || s.starts_with('3')),
                "{name}: {statuses:?}"
            );
            assert!(statuses.iter().any(|s| s.starts_with("42")), "{name} names no 4xx: {statuses:?}");
        }
        for later in ["/v1/events", "/v1/webhooks"] {
            assert!(!paths.contains_key(later), "{later} is a stub");
        }
        for now in [
            "/v1/cohorts/{cohortId}/bookings",
            "/v1/cohorts/{cohortId}/preview",
            "/v1/bookings/{bookingId}/offer/accept",
            "/v1/oauth/token",
        ] {
            assert!(paths.contains_key(now), "{now} is missing");
        }
    });
}

#[test]
fn the_described_paths_are_served() {
    on_both(async |world| {
        let document = world.anonymous().get("/openapi.json").await.ok();
        let id = "0190b5a2-0000-7000-8000-000000000000";
        for (path, item) in document["paths"].as_object().expect("paths") {
            let mut real = path.clone();
            while let (Some(from), Some(to)) = (real.find('{'), real.find('}')) {
                real.replace_range(from..=to, id);
            }
            let answer = world.anonymous().request("OPTIONS", &real).await;
            let _ = answer.code();
            let answer = world.anonymous().request("PROPFIND", &real).await.status(405);
            let allow = answer.header("allow").to_owned();
            for method in item.as_object().expect("an item").keys().filter(|m| *m != "parameters") {
                assert!(allow.contains(&method.to_uppercase()), "{path}: {allow} lacks {method}");
            }
        }
    });
}

#[test]
fn rate_limits_are_told_on_every_answer() {
    on_both(async |mut world| {
        let settings = world.settings().with("ACADEMY_RATE_LIMIT", "6000");
        world.restart_with(settings).await;
        for path in ["/v1/programmes", "/v1/nothing", "/v1/me", "/health/live"] {
            let answer = world.anonymous().get(path).await;
            assert!(!answer.header("ratelimit").is_empty(), "{}", answer.described());
            assert!(!answer.header("ratelimit-policy").is_empty(), "{}", answer.described());
        }
    });
}

/// ACC-2.
#[test]
fn guessing_a_password_is_throttled_for_known_and_unknown_emails_alike() {
    on_both(async |mut world| {
        let settings = world.settings().with("ACADEMY_RATE_LIMIT", "6000");
        world.restart_with(settings).await;
        let anonymous = world.anonymous();
        for email in [world.participant("ellie").await.email(), "nobody@example.uk".to_owned()] {
            let mut throttled = None;
            for _ in 0..25 {
                let guess = json!({"email": email, "password": "wrong horse battery staple"});
                let answer = anonymous.post("/v1/auth/login", guess).await;
                if answer.code() == 429 {
                    throttled = Some(answer);
                    break;
                }
                let _ = answer.status(401);
            }
            let throttled = throttled.expect("the guessing is throttled");
            assert!(!throttled.header("retry-after").is_empty());
            let _ = throttled.problem(429, "too-many-requests");
        }
    });
}

#[test]
fn settings_are_shown_with_their_secrets_masked() {
    let settings = [
        ("DATABASE_URL", "postgres://academy:hunter2@db.example/academy"),
        ("ACADEMY_SMTP_URL", "smtps://mailer:hunter3@mail.example:465"),
    ];
    let shown = program().run(&["config"], &settings).succeeded();
    assert!(shown.out.contains("db.example"), "{}", shown.out);
    assert!(!shown.out.contains("hunter"), "{}", shown.out);
    let wrong = program().run(&["serve"], &[("ACADEMY_LISTEN", "nowhere")]);
    assert_ne!(wrong.code, 0);
    assert!(!wrong.err.is_empty());
}

/// ACC-7.
#[test]
fn neither_logs_nor_audit_hold_personal_data_or_secrets() {
    on_both(async |mut world| {
        let settings = world
            .settings()
            .with("ACADEMY_LOG", "debug,sqlx=info,sea_orm=info")
            .with("ACADEMY_LOG_FORMAT", "json");
        world.restart_with(settings).await;
        let s2 = world.s2(json!({})).await;
        let canary = world.participant("canary-kestrel").await;
        let token = canary.token().await.expect("a token");
        world.attended(&s2.taster, &["canary-kestrel", "canary-osprey"]).await;
        let mut form = answers();
        form["team"] = json!("canary-answer");
        let booked = canary.book(&s2.cohort, json!({"answers": form})).await.created();
        let _ = canary.act(&booked, "cancel").await.ok();
        let guess = json!({"email": canary.email(), "password": "canary-password-guess"});
        let _ = world.anonymous().post("/v1/auth/login", guess).await.status(401);
        let _ = world.anonymous().get("/v1/programmes?q=canary-search").await.ok();
        let log = world.server.log();
        for secret in ["canary", harness_password(), &token] {
            assert!(!log.contains(secret), "{secret} stands in the log:\n{log}");
        }
        for table in ["audit", "ledger_entry", "outbox", "server_key"] {
            let rows = world.database.dump(table).await.join("\n").to_lowercase();
            assert!(!rows.is_empty(), "{table} is empty");
            assert!(!rows.contains("canary"), "personal data in {table}:\n{rows}");
        }
    });
}

fn harness_password() -> &'static str {
    "correct horse battery staple"
}
