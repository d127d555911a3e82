use super::*;
use crate::http::testing::{person, poster, shared};
use actix_web::http::header;
use persistence::governance::AuditRow;
use serde_json::json;
use std::cell::Cell;

fn key(name: &str) -> RequestKey {
    RequestKey { caller: "person:1".into(), key: name.into(), fingerprint: String::new() }
}

fn audit() -> AuditRow {
    AuditRow {
        academy_id: None,
        action: "programme_published",
        subject_kind: "programme",
        subject_id: None,
        detail: json!({}),
    }
}

/// ADM-10.
#[actix_web::test]
async fn a_duplicate_waits_for_the_first() {
    let all = InFlight::default();
    let first = all.enter(&key("a")).await.unwrap();
    assert!(all.enter(&key("b")).await.is_ok(), "another key doesn't wait");
    let same = key("a");
    let second = all.enter(&same);
    futures::pin_mut!(second);
    assert!(timeout(Duration::from_millis(20), &mut second).await.is_err());
    drop(first);
    drop(second.await.unwrap());
    assert!(all.0.lock().unwrap().is_empty());
}

/// ADM-10.
#[actix_web::test]
async fn a_repeated_request_gets_the_first_answer_and_does_nothing() {
    let (app, _folder) = shared().await;
    let runs = Cell::new(0);
    let caller = poster(person(1), Some("k1"), "{}");
    let act = async || {
        app.write(&caller, async |work: &mut Work| {
            runs.set(runs.get() + 1);
            work.audit(audit());
            Ok(Answer::created("/v1/x/1", &json!({"run": runs.get()})))
        })
        .await
    };
    let first = act().await.unwrap();
    let again = act().await.unwrap();
    assert_eq!(runs.get(), 1);
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    let lines = |answer: &Answer, name: &str| {
        answer.headers.iter().any(|(own, value)| own.as_str() == name && !value.is_empty())
    };
    assert!(lines(&again, header::LOCATION.as_str()) && lines(&again, "idempotency-replayed"));
    assert!(!lines(&first, "idempotency-replayed"));
}

#[actix_web::test]
async fn a_key_used_for_another_request_is_refused_and_is_each_callers_own() {
    let (app, _folder) = shared().await;
    let send = async |caller: Caller| {
        app.write(&caller, async |_: &mut Work| Ok(Answer::no_content())).await.map_err(|p| p.code())
    };
    assert!(send(poster(person(1), Some("k"), "{}")).await.is_ok());
    assert_eq!(
        send(poster(person(1), Some("k"), "{\"a\":1}")).await.unwrap_err(),
        Code::IdempotencyKeyReused
    );
    assert!(send(poster(person(2), Some("k"), "{\"a\":1}")).await.is_ok());
}

#[actix_web::test]
async fn a_refusal_is_not_kept() {
    let (app, _folder) = shared().await;
    let caller = poster(person(1), Some("k"), "{}");
    let refused = app.write(&caller, async |_: &mut Work| Err(Problem::new(Code::NotFound))).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotFound);
    let accepted = app.write(&caller, async |_: &mut Work| Ok(Answer::no_content())).await;
    assert!(accepted.is_ok_and(|answer| answer.headers.is_empty()));
}

#[actix_web::test]
async fn an_answer_with_a_secret_is_kept_sealed() {
    let (app, _folder) = shared().await;
    let answer = Answer::created("/v1/x/1", &json!({"clientSecret": "shown-once"})).secret();
    let kept = app.kept(&answer).unwrap();
    assert!(kept.sealed && !kept.body.contains("shown-once"));
    let revived = app.revive(kept).unwrap();
    assert_eq!(revived.body, answer.body);
}

#[actix_web::test]
async fn duplicates_at_once_run_once() {
    let (app, _folder) = shared().await;
    let runs = Cell::new(0);
    let callers: Vec<Caller> = (0..8).map(|_| poster(person(1), Some("k"), "{}")).collect();
    let sent = callers.iter().map(|caller| {
        app.write(caller, async |_: &mut Work| {
            runs.set(runs.get() + 1);
            tokio::task::yield_now().await;
            Ok(Answer::ok(&json!({"run": runs.get()})))
        })
    });
    let answers = futures::future::join_all(sent).await;
    assert_eq!(runs.get(), 1);
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|a| a.body == "{\"run\":1}")));
}
