//! The walls in the schema, for the day the code is wrong (ADM-1, ADM-8, ACC-3).

use crate::on_both;
use serde_json::json;

/// ADM-8.
#[test]
fn the_database_refuses_more_places_than_there_are() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let _ = world.partner().book_for(&cohort, "nia").await.created();
        for sql in
            ["UPDATE cohort_desk SET places_taken = capacity + 1", "UPDATE cohort_desk SET places_taken = -1"]
        {
            assert!(world.database.execute(sql).await.is_err(), "{sql}");
        }
    });
}

/// ADM-1.
#[test]
fn the_database_refuses_a_second_live_booking() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let first = world.partner().book_for(&cohort, "nia").await.created();
        let _ = world.partner().act(&first, "cancel").await.ok();
        let _ = world.partner().book_for(&cohort, "nia").await.created();
        let sql = "UPDATE booking SET status = 'confirmed', closed_reason = NULL";
        assert!(world.database.execute(sql).await.is_err());
    });
}

/// ADM-5, ADM-12.
#[test]
fn the_database_refuses_a_version_or_a_sequence_twice() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let _ = world.partner().book_for(&cohort, "nia").await.created();
        let again = |version: &str, sequence: &str| {
            format!(
                "INSERT INTO ledger_entry (cohort_id, version, academy_id, kind, sequence, booking_id, moment, recorded_at, \
                 facts, decisions, previous_hash, entry_hash) SELECT cohort_id, {version}, academy_id, kind, {sequence}, \
                 booking_id, moment, recorded_at, facts, decisions, previous_hash, entry_hash FROM ledger_entry WHERE version = 2"
            )
        };
        assert!(world.database.execute(&again("version", "NULL")).await.is_err(), "the same version");
        assert!(world.database.execute(&again("3", "sequence")).await.is_err(), "the same sequence");
    });
}

/// ACC-3.
#[test]
fn the_database_refuses_a_row_that_points_into_another_academy() {
    on_both(async |world| {
        let _ = world.plain_cohort(json!({})).await;
        let other =
            json!({"slug": "other", "name": "Other", "region": "london", "contactEmail": "o@example.uk"});
        let _ = world.platform_admin().post("/v1/academies", other).await.created();
        for table in ["cohort", "cohort_desk", "programme", "ledger_entry"] {
            let sql =
                format!("UPDATE {table} SET academy_id = (SELECT id FROM academy WHERE slug = 'other')");
            let db = world.database.execute(&sql).await;
            assert!(db.is_err(), "{table} can be moved into another academy");
        }
    });
}
