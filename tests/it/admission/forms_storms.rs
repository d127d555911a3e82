//! Forms that rank several cohorts, on two servers at once (ADM-21).

use super::forms::{cohorts, form, kinds, rank, rank_for, statuses};
use crate::on_postgres;
use chrono::TimeDelta;
use harness::s2::participant;
use serde_json::json;
use std::future::IntoFuture;

/// ADM-8, ADM-21: nobody who chose that the others end is ever confirmed in two cohorts, whatever happens at once on
/// two servers.
#[test]
fn no_interleaving_on_two_servers_confirms_a_form_twice() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        let programme = world.plain_programme().await;
        let one = json!({"capacity": 2, "vacancies": "automatic"});
        let all = cohorts(&world, &programme, &[one.clone(), one.clone(), one]).await;
        let partners = [world.partner(), world.partner().at(&second)];
        let mut holders = Vec::new();
        for (n, cohort) in all.iter().enumerate() {
            holders
                .extend(partners[0].book_all(cohort, &[&format!("first-{n}"), &format!("other-{n}")]).await);
        }
        let mut forms = Vec::new();
        for n in 0..12 {
            let turned: Vec<&str> = (0..3).map(|place| all[(n + place) % 3].as_str()).collect();
            forms.push(
                rank_for(&world, &format!("guest-{n}"), &programme, &turned, json!({})).await.created(),
            );
        }
        // Every place is given back at once, while forms and plain bookings come in, on both servers.
        let mut calls = Vec::new();
        for (n, holder) in holders.iter().enumerate() {
            calls.push(partners[n % 2].act(holder, "cancel").into_future());
            let more = json!({"participant": participant(&format!("late-{n}"))});
            let turned: Vec<&str> = (0..3).map(|place| all[(n + place) % 3].as_str()).collect();
            calls.push(rank(&partners[(n + 1) % 2], &programme, &turned, more).into_future());
            calls.push(partners[n % 2].book_for(&all[n % 3], &format!("plain-{n}")).into_future());
        }
        let answered = futures::future::join_all(calls).await;
        for answer in answered {
            assert!(answer.succeeded(), "{}", answer.described());
            if answer.json()["whenPlaced"].is_string() {
                forms.push(answer.json().clone());
            }
        }
        assert_eq!(forms.len(), 18);
        let mut placed = 0;
        for made in &forms {
            let statuses = statuses(&form(&partners[0], made).await);
            let confirmed = statuses.iter().filter(|status| *status == "confirmed").count();
            assert!(confirmed <= 1, "confirmed in two: {statuses:?}");
            let live = statuses.iter().filter(|status| *status != "closed").count();
            assert_eq!(live, if confirmed == 1 { 1 } else { 3 }, "{statuses:?}");
            placed += confirmed;
        }
        assert_eq!(placed, 6, "every place went to a form that had waited for it");
        let _ = kinds(&world, &all).await;
    });
}

/// ADM-6, ADM-8, ADM-21.
#[test]
fn cohorts_that_open_at_one_moment_on_two_servers_confirm_each_form_once() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        let programme = world.plain_programme().await;
        let terms = json!({"capacity": 1, "bookingOpensAt": world.in_hours(5)});
        let all = cohorts(&world, &programme, &[terms.clone(), terms.clone(), terms]).await;
        let mut forms = Vec::new();
        for n in 0..6 {
            let turned: Vec<&str> = (0..3).map(|place| all[(n + place) % 3].as_str()).collect();
            forms.push(
                rank_for(&world, &format!("guest-{n}"), &programme, &turned, json!({})).await.created(),
            );
        }
        world.advance(TimeDelta::hours(6));
        let partners = [world.partner(), world.partner().at(&second)];
        let mut calls = Vec::new();
        for (n, cohort) in all.iter().enumerate() {
            for (server, partner) in partners.iter().enumerate() {
                calls.push(partner.book_for(cohort, &format!("late-{n}-{server}")).into_future());
            }
        }
        for answer in futures::future::join_all(calls).await {
            let _ = answer.created();
        }
        let mut confirmed = Vec::new();
        for made in &forms {
            confirmed.push(statuses(&form(&partners[0], made).await)[0].clone());
        }
        assert_eq!(confirmed, ["confirmed", "confirmed", "confirmed", "waiting", "waiting", "waiting"]);
        let _ = kinds(&world, &all).await;
    });
}
