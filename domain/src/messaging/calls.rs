//! Links and calls in mails.

use super::asking;
use super::letter::{Links, Particulars, TokenPurpose};
use super::page::Block;
use super::passing_on::take_over_calls;
use super::times::exactly;
use crate::ids::BookingId;
use chrono_tz::Tz;

/// The links and calls that the token is good for. No web site need stand behind the links, so the token and
/// the call stand beside them.
pub(super) fn token_calls(
    about: &Particulars,
    links: &Links<'_>,
    booking: Option<BookingId>,
    blocks: &mut Vec<Block>,
) {
    let (Some((purpose, expires_at)), Some(token)) = (about.token, links.token) else { return };
    let base = links.public_url;
    let zone = about.booking.as_ref().map_or(Tz::Europe__London, |b| b.zone);
    match (purpose, booking.or(about.booking.as_ref().map(|b| b.id))) {
        (TokenPurpose::VerifyEmail, _) => {
            blocks.push(Block::Link(
                "Confirm that this email is yours",
                format!("{base}/verify-email?token={token}"),
            ));
            let call = call(base, "/v1/auth/email-verifications", token);
            blocks.push(Block::Copy("Or send the token by hand, from a terminal", call));
        }
        (TokenPurpose::Offer, Some(id)) => {
            for (what, verb) in [("Take the place", "accept"), ("Let it go", "decline")] {
                let page = format!("{base}/bookings/{id}/offer/{verb}?token={token}");
                blocks.push(Block::Link(what, page));
                let call = call(base, &format!("/v1/bookings/{id}/offer/{verb}"), token);
                blocks.push(Block::Copy("Or from a terminal", call));
            }
        }
        (TokenPurpose::Manager, Some(id)) => asking::manager_calls(base, id, token, blocks),
        (TokenPurpose::TakeOver, _) => {
            let Some(about) = &about.booking else { return };
            take_over_calls(base, about.cohort_id, token, blocks);
        }
        (TokenPurpose::Withdraw, Some(id)) => {
            blocks.push(Block::Link(
                "If you do not want it, withdraw",
                format!("{base}/bookings/{id}/cancel?token={token}"),
            ));
            blocks.push(Block::Copy(
                "Or from a terminal",
                call(base, &format!("/v1/bookings/{id}/cancel"), token),
            ));
        }
        (TokenPurpose::Offer | TokenPurpose::Withdraw | TokenPurpose::Manager, None) => return,
    }
    blocks.push(Block::Copy("The token by itself", token.to_owned()));
    let until = match expires_at {
        Some(at) => format!("until {}", exactly(at, zone)),
        None => "as long as your request or your place stands".to_owned(),
    };
    blocks.push(Block::Para(format!("It works once, {until}. Please pass it on to nobody.")));
}

pub(super) fn call(base: &str, path: &str, token: &str) -> String {
    format!("curl -X POST {base}{path} -H 'Content-Type: application/json' -d '{{\"token\":\"{token}\"}}'")
}

pub(super) fn login_call(links: &Links<'_>) -> String {
    format!(
        "curl -X POST {}/v1/auth/login -H 'Content-Type: application/json' \
         -d '{{\"email\":\"YOUR EMAIL\",\"password\":\"YOUR PASSWORD\"}}'",
        links.public_url
    )
}
