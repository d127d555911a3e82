use super::*;
use crate::http::fields::{Line, Parsed, Whole};
use actix_web::HttpMessage;
use actix_web::test::TestRequest;
use domain::identity::EmailAddress;

#[derive(Debug, Deserr)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[expect(dead_code, reason = "only parsed")]
struct Participant {
    email: Parsed<EmailAddress>,
    full_name: Line<20>,
}

#[derive(Debug, Deserr)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[expect(dead_code, reason = "only parsed but for its title")]
struct Sample {
    participant: Participant,
    capacity: Whole<1, 100>,
    #[deserr(default)]
    note: Option<Line<10>>,
    #[deserr(default)]
    topics: Vec<Line<10>>,
    #[deserr(default)]
    title: Patch<Line<10>>,
}

#[derive(Debug, Deserr)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
struct Reason {
    #[deserr(default)]
    reason: Option<Line<10>>,
}

fn sent<T: Deserr<Faults>>(method: Method, media_type: Option<&str>, body: &str) -> Result<T, Problem> {
    let mut request = TestRequest::default().method(method.clone());
    if let Some(media_type) = media_type {
        request = request.insert_header(("content-type", media_type));
    }
    let request = request.to_http_request();
    request.extensions_mut().insert(Body(body.to_owned().into()));
    read(&request)
}

fn post<T: Deserr<Faults>>(body: &str) -> Result<T, Problem> {
    sent(Method::POST, Some("application/json"), body)
}

#[test]
fn all_faults_of_a_body_are_named_at_once() {
    let body = r#"{"participant":{"email":"x","fullName":""},"capacity":0,"topics":["ok","far too long for it"],"nota":1}"#;
    let problem = post::<Sample>(body).unwrap_err().to_json(None, None);
    let found: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["pointer"].as_str().unwrap(), e["code"].as_str().unwrap()))
        .collect();
    for expected in [
        ("/participant/email", "invalid-email"),
        ("/participant/fullName", "required"),
        ("/capacity", "out-of-range"),
        ("/topics/1", "too-long"),
        ("/nota", "unknown-field"),
    ] {
        assert!(found.contains(&expected), "{expected:?} not in {found:?}");
    }
    assert_eq!(found.len(), 5);
}

#[test]
fn what_is_missing_and_what_has_the_wrong_type_is_named() {
    let problem = post::<Sample>(r#"{"participant":[],"note":5}"#).unwrap_err().to_json(None, None);
    let text = problem["errors"].to_string();
    assert!(text.contains(r#""pointer":"/capacity""#) && text.contains("required"), "{text}");
    assert!(text.contains(r#""pointer":"/participant""#) && text.contains("wrong-type"), "{text}");
    assert!(text.contains(r#""pointer":"/note""#), "{text}");
}

#[test]
fn a_patch_tells_absent_from_null() {
    let body =
        |title: &str| format!(r#"{{"participant":{{"email":"a@b.uk","fullName":"A"}},"capacity":1{title}}}"#);
    assert_eq!(post::<Sample>(&body("")).unwrap().title, Patch::Absent);
    assert_eq!(post::<Sample>(&body(r#","title":null"#)).unwrap().title, Patch::Clear);
    assert_eq!(post::<Sample>(&body(r#","title":"T""#)).unwrap().title, Patch::Set(Line("T".into())));
}

#[test]
fn a_body_that_is_no_object_is_422_at_the_root() {
    for body in ["[]", "5", "null", "\"x\""] {
        let problem = post::<Reason>(body).unwrap_err();
        assert_eq!(problem.code(), Code::Invalid);
        assert_eq!(problem.to_json(None, None)["errors"][0]["pointer"], "");
    }
}

#[test]
fn the_media_type_is_checked() {
    let code = |method, media_type, body| sent::<Reason>(method, media_type, body).map_err(|p| p.code());
    assert_eq!(code(Method::POST, Some("text/plain"), "{}").unwrap_err(), Code::UnsupportedMediaType);
    assert_eq!(code(Method::POST, None, "{}").unwrap_err(), Code::UnsupportedMediaType);
    let merge = Some("application/merge-patch+json");
    assert_eq!(code(Method::POST, merge, "{}").unwrap_err(), Code::UnsupportedMediaType);
    assert!(code(Method::PATCH, merge, "{}").is_ok());
    assert!(code(Method::POST, Some("Application/JSON; charset=UTF-8"), "{}").is_ok());
    let latin = Some("application/json; charset=latin1");
    assert_eq!(code(Method::POST, latin, "{}").unwrap_err(), Code::UnsupportedMediaType);
}

#[test]
fn no_body_counts_as_an_empty_one_where_nothing_is_required() {
    assert!(sent::<Reason>(Method::POST, None, "").unwrap().reason.is_none());
    assert_eq!(sent::<Sample>(Method::POST, None, "").unwrap_err().code(), Code::MalformedJson);
    assert_eq!(post::<Reason>("").unwrap_err().code(), Code::MalformedJson);
}
