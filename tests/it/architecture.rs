//! The house's own rules: which floor knows which, what only tests switch on, who gives out places.

use crate::rules::sources;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::path::Path;

fn metadata() -> Metadata {
    let mut command = MetadataCommand::new();
    command.manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).no_deps();
    command.exec().expect("cargo metadata")
}

#[test]
fn the_arrows_between_the_floors_are_kept() {
    let metadata = metadata();
    let own: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    for package in &metadata.packages {
        let allowed: &[&str] = match package.name.as_str() {
            "api" => &["persistence", "domain", "openapi", "migrations"],
            "persistence" => &["domain", "migrations"],
            "model" => &["domain"],
            "sim" => &["domain"],
            _ => &[],
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            if own.contains(&name) && dependency.kind == DependencyKind::Normal {
                assert!(allowed.contains(&name), "{} must not know {name}", package.name);
            }
        }
    }
}

#[test]
fn the_model_is_known_to_nobody() {
    for package in &metadata().packages {
        let knows = package.dependencies.iter().any(|dependency| dependency.name.as_str() == "model");
        assert!(!knows, "{} must not know the model: it is there to be checked", package.name);
    }
}

#[test]
fn the_domain_is_pure() {
    let metadata = metadata();
    let domain = metadata.packages.iter().find(|package| package.name.as_str() == "domain").expect("domain");
    for dependency in domain.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal) {
        for shell in ["tokio", "sea-orm", "sqlx", "actix", "reqwest", "lettre", "rand", "futures", "utoipa"] {
            assert!(!dependency.name.starts_with(shell), "the domain must not know {}", dependency.name);
        }
    }
    for (path, text) in sources(root("domain/src")) {
        for word in ["async fn", "std::fs", "std::net", "std::env", "SystemTime", "Instant::now", "Utc::now"]
        {
            assert!(!text.contains(word), "{path} has {word}");
        }
    }
}

#[test]
fn planted_bugs_are_in_no_release() {
    for package in metadata().packages {
        assert!(!package.features.get("default").is_some_and(|list| list.contains(&"planted".to_owned())));
        for dependency in package.dependencies.iter().filter(|one| one.kind != DependencyKind::Development) {
            assert!(!dependency.features.contains(&"planted".to_owned()), "{} plants bugs", package.name);
        }
        // The feature of one floor may plant those of the floor below.
        for (feature, list) in package.features.iter().filter(|(feature, _)| *feature != "planted") {
            let reaches = list.iter().any(|one| one.contains("/planted"));
            assert!(!reaches, "{}'s feature {feature} plants bugs", package.name);
        }
    }
}

/// ADM-7: nothing but the desk writes what a place consists of.
#[test]
fn only_the_desk_writes_the_rows_that_give_places() {
    for folder in ["api/src", "persistence/src"] {
        for (path, text) in sources(root(folder)) {
            if path.starts_with("persistence/src/admission") {
                continue;
            }
            let text = text.replace(char::is_whitespace, " ");
            for table in ["booking", "cohort_desk", "ledger_entry"] {
                for change in ["INSERT INTO", "UPDATE", "DELETE FROM"] {
                    for ending in [" ", "(", "\""] {
                        assert!(
                            !text.contains(&format!("{change} {table}{ending}")),
                            "{path} writes {table}"
                        );
                    }
                }
                assert!(!text.contains(&format!("insert(db, \"{table}\"")), "{path} writes {table}");
            }
        }
    }
}

#[test]
fn sql_and_the_orm_stay_in_persistence() {
    let metadata = metadata();
    let api = metadata.packages.iter().find(|package| package.name.as_str() == "api").expect("api");
    for dependency in api.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal) {
        let name = &dependency.name;
        assert!(!name.starts_with("sea-orm") && !name.starts_with("sqlx"), "api must not know {name}");
    }
    for (path, text) in sources(root("api/src")) {
        for word in ["sea_orm::", "sqlx::", "SELECT ", "INSERT INTO"] {
            assert!(!text.contains(word), "{path} knows of the database: {word}");
        }
    }
}

#[test]
fn no_file_is_longer_than_a_reader_likes() {
    let mut long = Vec::new();
    for folder in
        ["api/src", "domain/src", "migrations/src", "model/src", "openapi/src", "persistence/src", "tests"]
    {
        for (path, text) in sources(root(folder)) {
            let lines = text.lines().count();
            if lines > 450 {
                long.push(format!("{path}: {lines}"));
            }
        }
    }
    assert!(long.is_empty(), "about 400 lines are enough: {long:#?}");
}

fn root(folder: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)
}
