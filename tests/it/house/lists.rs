//! Lists: pages, cursors that can't be tampered with, parameters that are known.

use crate::on_both;
use serde_json::json;

#[test]
fn a_list_goes_page_by_page_to_its_end() {
    on_both(async |world| {
        for _ in 0..5 {
            let _ = world.plain_programme().await;
        }
        let anonymous = world.anonymous();
        let first = anonymous.get("/v1/programmes?limit=2").await.status(200);
        assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
        let cursor = first["nextCursor"].as_str().expect("a further page").to_owned();
        let link = first.header("link").to_owned();
        assert!(link.starts_with('<') && link.contains("rel=\"next\"") && link.contains("cursor="), "{link}");
        let second = anonymous.get(format!("/v1/programmes?limit=2&cursor={cursor}")).await.ok();
        let third = second["nextCursor"].as_str().expect("a further page");
        let third = anonymous.get(format!("/v1/programmes?limit=2&cursor={third}")).await.status(200);
        assert_eq!(third["items"].as_array().map(Vec::len), Some(1));
        assert!(third["nextCursor"].is_null() && third.header("link").is_empty(), "{}", third.described());
    });
}

#[test]
fn a_list_keeps_its_order_under_inserts() {
    on_both(async |world| {
        let mut expected = Vec::new();
        for _ in 0..4 {
            expected.push(world.plain_programme().await);
        }
        let anonymous = world.anonymous();
        let mut seen = Vec::new();
        let mut path = "/v1/programmes?limit=1".to_owned();
        loop {
            let page = anonymous.get(&path).await.ok();
            seen.extend(page["items"].as_array().expect("items").iter().map(|item| item["id"].clone()));
            let _ = world.plain_programme().await;
            match page["nextCursor"].as_str() {
                Some(cursor) if seen.len() < 30 => path = format!("/v1/programmes?limit=1&cursor={cursor}"),
                _ => break,
            }
        }
        for id in expected {
            assert_eq!(seen.iter().filter(|one| **one == id.as_str()).count(), 1, "{seen:?}");
        }
    });
}

#[test]
fn a_tampered_or_foreign_cursor_is_422() {
    on_both(async |world| {
        for _ in 0..2 {
            let _ = world.plain_programme().await;
        }
        let anonymous = world.anonymous();
        let page = anonymous.get("/v1/programmes?limit=1").await.ok();
        let cursor = page["nextCursor"].as_str().expect("a further page").to_owned();
        let mut tampered = cursor.clone();
        let last = if tampered.pop() == Some('A') { 'B' } else { 'A' };
        tampered.push(last);
        for wrong in [tampered.as_str(), "x", "%00", "", &cursor[1..]] {
            let problem = anonymous.get(format!("/v1/programmes?cursor={wrong}")).await.status(422);
            assert_eq!(problem["errors"][0]["parameter"], "cursor", "{}", problem.described());
        }
        let other_filter = anonymous.get(format!("/v1/programmes?topic=calm&cursor={cursor}")).await;
        let _ = other_filter.status(422);
        let other_list = anonymous.get(format!("/v1/academies?cursor={cursor}")).await;
        let _ = other_list.status(422);
    });
}

#[test]
fn an_unknown_parameter_and_a_wrong_value_are_422() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        let answer = anonymous.get("/v1/programmes?page=2&limit=5").await;
        let _ = answer.faults("unknown-parameter", &["parameter page unknown-parameter"]);
        for wrong in
            ["limit=0", "limit=201", "limit=x", "limit=", "open=perhaps", "academyId=7", "region=moon"]
        {
            let answer = anonymous.get(format!("/v1/programmes?{wrong}")).await;
            let problem = answer.problem(422, "invalid");
            let name = wrong.split('=').next().unwrap_or_default();
            assert_eq!(problem["errors"][0]["parameter"], name, "{wrong}: {problem:#}");
        }
        let _ = anonymous.get("/v1/programmes?limit=2&limit=3").await.status(422);
        let _ = world.participant("ellie").await.get("/v1/me?verbose=1").await.status(422);
    });
}

#[test]
fn a_search_takes_its_wildcards_literally() {
    on_both(async |world| {
        let _ = world.programme_that(json!({"title": "Plain words"})).await;
        let percent = world.programme_that(json!({"title": "100% calm_ly"})).await;
        let anonymous = world.anonymous();
        for (q, expected) in [("%25", 1), ("calm_ly", 1), ("100%25", 1), ("%27%20OR%201%3D1", 0), ("%5C", 0)]
        {
            let page = anonymous.get(format!("/v1/programmes?q={q}")).await.ok();
            let items = page["items"].as_array().expect("items");
            assert_eq!(items.len(), expected, "{q}: {page:#}");
            assert!(items.iter().all(|item| item["id"] == percent.as_str()));
        }
        let blank = anonymous.get("/v1/programmes?q=_").await.ok();
        assert_eq!(
            blank["items"].as_array().map(Vec::len),
            Some(2),
            "it stands for a blank: no word is asked for"
        );
    });
}
