use super::*;
use std::collections::HashSet;
use std::path::Path;

#[test]
fn every_code_is_kebab_case_and_stands_once() {
    let mut seen = HashSet::new();
    for code in Code::ALL {
        assert!(seen.insert(code.as_str()), "{} stands twice", code.as_str());
        assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
        assert!((400..600).contains(&code.status()));
        assert!(code.documentation().ends_with('.'), "{} has no sentence", code.as_str());
    }
}

#[test]
fn every_code_is_produced_somewhere() {
    let mut source = String::new();
    read_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    let unused: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| !source.contains(&format!("Code::{}", code.name())))
        .map(|code| code.as_str())
        .collect();
    assert!(unused.is_empty(), "never produced: {unused:?}");
}

fn read_sources(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, into);
        } else if path.file_name().is_some_and(|name| name != "tests.rs" && name != "table.rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn faults_say_where_they_stand() {
    let problem =
        Problem::invalid(vec![Fault::new("/participant/email", "invalid-email", "must be an email")])
            .placed(vec![ProblemFault::parameter("limit", "out-of-range", "must be 1 to 200")]);
    let body = problem.to_json(Some("/v1/me"), Some("r1"));
    assert_eq!(body["status"], 422);
    assert_eq!(body["type"], "/problems/invalid");
    assert_eq!(body["instance"], "/v1/me");
    assert_eq!(body["requestId"], "r1");
    assert_eq!(body["errors"][0]["pointer"], "/participant/email");
    assert_eq!(body["errors"][1]["parameter"], "limit");
}

#[test]
fn a_missing_sign_in_names_the_scheme() {
    let response = Problem::new(Code::Unauthenticated).respond(None, None);
    assert_eq!(response.status(), 401);
    assert!(response.headers().contains_key("www-authenticate"));
}
