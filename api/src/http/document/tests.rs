use super::*;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{HttpResponse, web};
use std::path::{Path, PathBuf};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/openapi.json")
}

#[test]
fn the_document_keeps_the_rules() {
    let faults = openapi::lint(&document());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let now = openapi::to_text(&document());
    let kept = std::fs::read_to_string(committed()).unwrap_or_default();
    assert!(now == kept, "write it anew: cargo run -- openapi > openapi/openapi.json");
}

#[actix_web::test]
async fn what_the_document_names_is_routed() {
    let app = actix_web::App::new()
        .configure(|cfg| routes(&mut ServiceConfig::new(cfg)))
        .default_service(web::to(|| async { HttpResponse::ImATeapot().finish() }));
    let app = init_service(app).await;
    for (path, method, _) in openapi::operations(&document()) {
        let filled: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "01990a5e-7000-7000-8000-000000000001" } else { part })
            .collect();
        let method = Method::from_bytes(upper_of(method).as_bytes()).unwrap();
        let request = TestRequest::default().method(method.clone()).uri(&filled.join("/")).to_request();
        assert_ne!(call_service(&app, request).await.status(), 418, "{method} {path}");
    }
}

fn upper_of(method: &str) -> String {
    method.to_uppercase()
}

/// Only handlers with a route attribute are collected; each must be in the document.
#[test]
fn what_is_routed_stands_in_the_document() {
    let mut attributes = 0;
    let mut bypasses = Vec::new();
    each_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |path, text| {
        let own = text.lines().map(str::trim);
        for line in own {
            if ["get", "post", "put", "patch", "delete"]
                .iter()
                .any(|m| line.starts_with(&format!("#[{m}(\"")))
            {
                attributes += 1;
            }
            if line.starts_with("cfg.route(") || line.starts_with("cfg.map(") {
                bypasses.push(path.display().to_string());
            }
        }
    });
    assert!(bypasses.is_empty(), "{bypasses:?}");
    assert_eq!(openapi::operations(&document()).count(), attributes);
}

fn each_source(folder: &Path, act: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, act);
        } else if path.extension().is_some_and(|ext| ext == "rs") && path.file_name().unwrap() != "tests.rs" {
            act(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn a_path_knows_its_methods() {
    let table = RouteTable::of(&document());
    assert_eq!(table.methods_at("/health/live"), ["GET", "HEAD"]);
    assert!(table.methods_at("/v1/nothing").is_empty());
}
