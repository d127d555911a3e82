//! Offers: made, accepted, declined, lapsed (ADM-7, ADM-11, ADM-15, ADM-17).

mod answering;
mod expiry;
mod mails;
mod starts;

use harness::World;
use serde_json::{Value, json};

/// A cohort with one place, and the bookings of these people: the first cancelled, the second offered.
async fn offered(world: &World, terms: Value, names: &[&str]) -> (String, Vec<Value>) {
    let cohort = world.plain_cohort(harness::s2::merged(json!({"capacity": 1}), &terms)).await;
    let partner = world.partner();
    let mut bookings = partner.book_all(&cohort, names).await;
    let _ = partner.act(&bookings[0], "cancel").await.ok();
    for booking in &mut bookings {
        *booking = partner.again(booking).await;
    }
    assert_eq!(bookings[1]["status"], "offered", "{:#}", bookings[1]);
    (cohort, bookings)
}
