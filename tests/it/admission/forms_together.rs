//! Forms that rank several cohorts, of which several get a place by one fact (ADM-21).

use super::forms::{cohorts, form, kinds, rank_for, statuses};
use crate::on_both;
use serde_json::json;

/// ADM-21: of two people who get places at once, one leaves an offer in the other cohort. It does not go to the other one,
/// who has a place by now.
#[test]
fn an_offer_that_ends_goes_to_nobody_who_got_a_place_by_the_same_fact() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let terms = [json!({"capacity": 1, "vacancies": "automatic"}), json!({"capacity": 1})];
        let all = cohorts(&world, &programme, &terms).await;
        let [a, b] = [all[0].as_str(), all[1].as_str()];
        let (partner, staff) = (world.partner(), world.coordinator());
        let _ = partner.book_for(a, "nia").await.created();
        let omar = partner.book_for(b, "omar").await.created();
        let pat = rank_for(&world, "pat", &programme, &[a, b], json!({})).await.created();
        let quinn = rank_for(&world, "quinn", &programme, &[a, b], json!({})).await.created();
        let rose = partner.book_for(b, "rose").await.created();
        let _ = partner.act(&omar, "cancel").await.ok();
        let _ = staff.patch(format!("/v1/cohorts/{b}"), json!({"vacancies": "automatic"})).await.ok();
        assert_eq!(statuses(&form(&partner, &pat).await), ["waiting", "offered"]);
        assert_eq!(statuses(&form(&partner, &quinn).await), ["waiting", "waiting"]);
        let _ = staff.patch(format!("/v1/cohorts/{a}"), json!({"capacity": 3})).await.ok();
        assert_eq!(statuses(&form(&partner, &pat).await), ["confirmed", "closed"]);
        assert_eq!(statuses(&form(&partner, &quinn).await), ["confirmed", "closed"], "never two");
        assert_eq!(partner.again(&rose).await["status"], "confirmed", "the next in rank has it");
        let told = kinds(&world, &all).await;
        assert_eq!(told[0], ["claim", "claim", "claim", "capacity_changed"]);
        assert_eq!(told[1][5..], ["terms_changed", "placed_elsewhere", "placed_elsewhere"]);
    });
}
