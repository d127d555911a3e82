use super::*;

fn proposed(participant: Option<&str>) -> Particulars {
    Particulars {
        token: Some((TokenPurpose::TakeOver, Some(at("2024-01-12T10:15:00Z")))),
        ..of(
            MailKind::PlaceProposed,
            AboutBooking { participant: participant.map(str::to_owned), ..compassion() },
        )
    }
}

/// ADM-23, ACC-4: the booking whose place it is has no part in it.
#[test]
fn a_colleague_is_told_how_to_take_a_place_over() {
    let mail = render(&proposed(Some("Ben Hughes")), &LINKS).unwrap();
    assert_eq!(mail.subject, "You can take over a colleague's place: Compassionate leadership training");
    assert_eq!(
        mail.text,
        r#"Hello Amina Khan,

Ben Hughes, a colleague of yours, has a place on "Compassionate leadership training" (January), South East Leadership Academy and would like to pass it on to you.

It stays theirs until you take it over. For that you need an account with this email address, confirmed, and you are asked for all that everybody is asked who would like a place: the joining form, and what else we need from you. You can try again as long as something is missing.

If you do not want it, you need do nothing.

Take the place over:
https://academy.example/cohorts/00000000-0000-0000-0000-000000000008/take-over?token=AbC-123_x

Or from a terminal, signed in, with your answers to the joining form:
curl -X POST https://academy.example/v1/cohorts/00000000-0000-0000-0000-000000000008/bookings/take-over -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' -d '{"token":"AbC-123_x","answers":{}}'

The token by itself:
AbC-123_x

It works once, until Friday 12 January, 10.15am UK time (to be exact: 2024-01-12T10:15:00Z). Please pass it on to nobody.

If you would like to discuss this, please write to hello@sela.example.
"#
    );
    let id = compassion().id.to_string();
    assert!(!mail.text.contains(&id) && !mail.html.contains(&id));
}

/// ATT-4.
#[test]
fn who_has_the_place_is_not_named_where_somebody_else_proposes_it() {
    let told = text(&proposed(None));
    assert!(told.contains("A colleague of yours has a place on"), "{told}");
}

/// ADM-23, ATT-4: each is told what became of it, and nobody of the other's name.
#[test]
fn who_passed_a_place_on_and_who_took_it_over_are_told() {
    let passed_on = || AboutBooking {
        transfer: Some(Transfer::PassedOn),
        closed_reason: Some("cancelled_by_participant".into()),
        ..compassion()
    };
    let left = render(&of(MailKind::BookingClosed, passed_on()), &LINKS).unwrap();
    assert_eq!(left.subject, "Your place has been passed on: Compassionate leadership training");
    assert_eq!(
        left.text,
        r#"Hello Amina Khan,

Your colleague has taken over your place on "Compassionate leadership training" (January), South East Leadership Academy. It is theirs now, and you have nothing more to do.

If you did not want that, please write to us at once.

If you would like to discuss this, please write to hello@sela.example.
"#
    );
    let joined = render(&of(MailKind::PlaceConfirmed, passed_on()), &LINKS).unwrap();
    assert_eq!(joined.subject, "You have a place: Compassionate leadership training");
    assert_eq!(
        joined.text,
        r#"Hello Amina Khan,

You have a place on "Compassionate leadership training" (January), South East Leadership Academy.

A colleague passed this place on to you.

If you would like to discuss this, please write to hello@sela.example.
"#
    );
}

/// ADM-23: before the place is gone.
#[test]
fn who_has_a_place_that_others_propose_is_told_how_to_take_that_back() {
    let mail = render(&of(MailKind::OwnPlaceProposed, compassion()), &LINKS).unwrap();
    assert_eq!(mail.subject, "Your place was proposed to a colleague: Compassionate leadership training");
    assert!(mail.text.contains("It stays yours until they take it over."), "{}", mail.text);
    let call = format!("/v1/bookings/{}/pass-on/take-back", compassion().id);
    assert!(mail.text.contains(&call), "{}", mail.text);
}
