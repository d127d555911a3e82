use super::*;
use crate::messaging::announcing::tests::may;

#[path = "minimum_letter_tests.rs"]
mod of_minimums;
#[path = "passing_on_tests.rs"]
mod passing_on;

const LINKS: Links<'_> = Links { public_url: "https://academy.example", token: Some("AbC-123_x") };

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn dated(title: &str, starts_at: &str, ends_at: &str, meeting: Meeting) -> Dated {
    Dated {
        title: title.into(),
        starts_at: at(starts_at),
        ends_at: at(ends_at),
        zone: Tz::Europe__London,
        meeting,
    }
}

fn zoom(join_url: &str, meeting_id: Option<&str>, passcode: Option<&str>) -> Meeting {
    Meeting::Online {
        join_url: join_url.into(),
        meeting_id: meeting_id.map(str::to_owned),
        passcode: passcode.map(str::to_owned),
    }
}

fn compassion() -> AboutBooking {
    AboutBooking {
        id: BookingId(uuid::Uuid::from_u128(7)),
        cohort_id: CohortId(uuid::Uuid::from_u128(8)),
        programme: "Compassionate leadership training".into(),
        cohort: "January".into(),
        academy: "South East Leadership Academy".into(),
        contact: "hello@sela.example".into(),
        zone: Tz::Europe__London,
        booked_by: None,
        participant: None,
        missing: Vec::new(),
        opens_at: None,
        offer_expires_at: None,
        closed_reason: None,
        transfer: None,
        undecided: None,
        tasters: Vec::new(),
        sessions: Vec::new(),
        also_ended: Vec::new(),
        clashes: Vec::new(),
    }
}

fn of(kind: MailKind, booking: AboutBooking) -> Particulars {
    Particulars {
        kind,
        full_name: Some("Amina Khan".into()),
        registered_as: None,
        registered_at: None,
        token: None,
        booking: Some(booking),
        minimum: None,
        cohort: Some(may()),
    }
}

fn text(about: &Particulars) -> String {
    render(about, &LINKS).unwrap().text
}

/// ACC-1: the token by itself and the call stand beside the link; a stranger's chosen name greets nobody.
#[test]
fn the_verification_mail_carries_link_token_and_call() {
    let about = Particulars {
        kind: MailKind::VerifyEmail,
        full_name: None,
        registered_as: Some(quotable("Amina O'Neil-Khan <a href=\"//evil.example\">")),
        registered_at: Some(at("2023-11-24T14:03:09Z")),
        token: Some((TokenPurpose::VerifyEmail, Some(at("2023-12-01T15:00:00Z")))),
        booking: None,
        minimum: None,
        cohort: None,
    };
    let mail = render(&about, &LINKS).unwrap();
    assert_eq!(mail.subject, "Please confirm your email");
    assert_eq!(
        mail.text,
        r#"Hello,

This email address was given when somebody registered with us on Friday 24 November, 2.03pm UK time (to be exact: 2023-11-24T14:03:09Z) in the name of "Amina O'Neil-Khan a href evil example". If it was you, please confirm it.

Confirm that this email is yours:
https://academy.example/verify-email?token=AbC-123_x

Or send the token by hand, from a terminal:
curl -X POST https://academy.example/v1/auth/email-verifications -H 'Content-Type: application/json' -d '{"token":"AbC-123_x"}'

The token by itself:
AbC-123_x

It works once, until Friday 1 December, 3pm UK time (to be exact: 2023-12-01T15:00:00Z). Please pass it on to nobody.

If it was not you, you need do nothing: nothing happens without the token.

If the name is not yours, or you registered at another time, please do not confirm this one: it would give your email address to somebody else. To be sent the right mail, sign in with your own password and ask for it again.
"#
    );
    assert!(mail.html.contains("<a href=\"https://academy.example/verify-email?token=AbC-123_x\">"));
}

/// ACC-1.
#[test]
fn a_name_that_a_stranger_chose_is_told_as_letters_and_briefly() {
    assert_eq!(quotable("Zoë  O’Hara\u{202e}"), "Zoë O’Hara");
    assert_eq!(quotable("see https://evil.example/x?y=1"), "see https evil example x y");
    assert_eq!(quotable(&"x".repeat(200)).len(), MOST_QUOTED);
}

#[test]
fn a_known_email_is_told_that_it_has_an_account() {
    let about = Particulars {
        kind: MailKind::AlreadyRegistered,
        full_name: Some("Amina Khan".into()),
        registered_as: None,
        registered_at: None,
        token: None,
        booking: None,
        minimum: None,
        cohort: None,
    };
    assert_eq!(
        text(&about),
        r#"Hello Amina Khan,

Somebody asked to register with this email address. It already has an account, so nothing was changed.

If it was you, sign in with your password instead:
curl -X POST https://academy.example/v1/auth/login -H 'Content-Type: application/json' -d '{"email":"YOUR EMAIL","password":"YOUR PASSWORD"}'

If it was not you, you need do nothing.
"#
    );
}

/// ADM-2, in plain words; ACC-4: who is booked by another is told by whom.
#[test]
fn a_pending_booking_says_what_is_still_needed() {
    let booking = AboutBooking {
        booked_by: Some("Partner Academy".into()),
        missing: vec![Requirement::EmailVerified, Requirement::TasterAttended],
        tasters: vec![dated(
            "Second taster",
            "2023-12-12T15:00:00Z",
            "2023-12-12T16:00:00Z",
            zoom("https://zoom.example/j/98933144569", Some("989 3314 4569"), Some("637529")),
        )],
        ..compassion()
    };
    assert_eq!(
        text(&of(MailKind::BookingPending, booking)),
        r#"Hello Amina Khan,

Partner Academy has asked for a place for you on "Compassionate leadership training" (January), South East Leadership Academy.

What we still need from you:

- Confirm that this email address is yours.
- Come to a taster session. If you were at one, we find you on its attendance list as soon as it is in.

Taster sessions to come (no need to book, just turn up) (UK time):

Second taster: Tuesday 12 December, 3pm to 4pm
  Join online: https://zoom.example/j/98933144569
  Meeting ID: 989 3314 4569
  Passcode: 637529

As soon as we have all of it your request counts, by the moment at which you had done your part.

If you would like to discuss this, please write to hello@sela.example.
"#
    );
}

#[test]
fn a_waiting_booking_says_how_the_waiting_list_works() {
    let mail = render(&of(MailKind::BookingWaiting, compassion()), &LINKS).unwrap();
    assert_eq!(mail.subject, "You are on the waiting list: Compassionate leadership training");
    assert_eq!(
        mail.text,
        r#"Hello Amina Khan,

We have your request for a place on "Compassionate leadership training" (January), South East Leadership Academy.

There is no place for you yet, so you are on the waiting list. Your position counts from when you had done all that was asked of you. When a place becomes free and it is your turn, we write to you at once.

If you would like to discuss this, please write to hello@sela.example.
"#
    );
}

/// ADM-11: the exact moment; the token answers without signing in.
#[test]
fn an_offer_says_until_when_and_how_to_answer() {
    let ends = at("2023-12-14T15:00:07.250001Z");
    let about = Particulars {
        token: Some((TokenPurpose::Offer, Some(ends))),
        ..of(MailKind::OfferMade, AboutBooking { offer_expires_at: Some(ends), ..compassion() })
    };
    assert_eq!(
        text(&about),
        r#"Hello Amina Khan,

A place has become free on "Compassionate leadership training" (January), South East Leadership Academy and it is held for you until Thursday 14 December, 3pm UK time (to be exact: 2023-12-14T15:00:07.250001Z).

Please say whether you take it. From that moment on it goes to the next person on the waiting list.

Take the place:
https://academy.example/bookings/00000000-0000-0000-0000-000000000007/offer/accept?token=AbC-123_x

Or from a terminal:
curl -X POST https://academy.example/v1/bookings/00000000-0000-0000-0000-000000000007/offer/accept -H 'Content-Type: application/json' -d '{"token":"AbC-123_x"}'

Let it go:
https://academy.example/bookings/00000000-0000-0000-0000-000000000007/offer/decline?token=AbC-123_x

Or from a terminal:
curl -X POST https://academy.example/v1/bookings/00000000-0000-0000-0000-000000000007/offer/decline -H 'Content-Type: application/json' -d '{"token":"AbC-123_x"}'

The token by itself:
AbC-123_x

It works once, until Thursday 14 December, 3pm UK time (to be exact: 2023-12-14T15:00:07.250001Z). Please pass it on to nobody.

If you would like to discuss this, please write to hello@sela.example.
"#
    );
}

/// PRG-5: whoever is confirmed sees the join details.
#[test]
fn a_confirmed_place_says_when_and_where() {
    let house =
        Meeting::Residential { venue: "Mayfield House".into(), address: Some("Surrey".into()), nights: 1 };
    let sessions = vec![
        dated(
            "Session 1",
            "2022-03-02T14:00:00Z",
            "2022-03-02T16:00:00Z",
            zoom("https://zoom.example/j/1", None, None),
        ),
        dated("Session 2", "2022-03-31T13:00:00Z", "2022-03-31T15:00:00Z", house),
    ];
    let booking = AboutBooking { sessions, ..compassion() };
    assert_eq!(
        text(&of(MailKind::PlaceConfirmed, booking)),
        r#"Hello Amina Khan,

You have a place on "Compassionate leadership training" (January), South East Leadership Academy.

When and where (UK time):

Session 1: Wednesday 2 March, 2pm to 4pm
  Join online: https://zoom.example/j/1

Session 2: Thursday 31 March, 2pm to 4pm
  Venue: Mayfield House
  Address: Surrey
  You stay for 1 night

If you would like to discuss this, please write to hello@sela.example.
"#
    );
}

/// ADM-21.
#[test]
fn a_place_that_ended_other_requests_says_which() {
    let told = |titles: &[&str]| {
        let also_ended = titles.iter().map(|title| (*title).to_owned()).collect();
        text(&of(MailKind::PlaceConfirmed, AboutBooking { also_ended, ..compassion() }))
    };
    let one = "As you chose when you asked for a place, your other request for a place on this programme has now \
               ended: March.";
    let three = "your other requests for a place on this programme have now ended: March, May and July.";
    assert!(told(&["March"]).contains(one));
    assert!(told(&["March", "May", "July"]).contains(three));
    assert!(!told(&[]).contains("ended"));
}

/// ACC-4.
#[test]
fn who_got_a_place_by_somebody_else_is_told_by_whom() {
    for kind in [MailKind::BookingPending, MailKind::BookingWaiting, MailKind::PlaceConfirmed] {
        let booking = AboutBooking { booked_by: Some("Wessex Training Hub".into()), ..compassion() };
        assert!(text(&of(kind, booking)).contains("Wessex Training Hub"), "{kind:?}");
    }
}

#[test]
fn a_closed_booking_says_why() {
    let booking = AboutBooking { closed_reason: Some("offer_expired".into()), ..compassion() };
    assert_eq!(
        text(&of(MailKind::BookingClosed, booking)),
        r#"Hello Amina Khan,

Your request for a place on "Compassionate leadership training" (January), South East Leadership Academy has ended. The place that was held for you was not taken up in time, so it has gone to the next person.

If you would like to discuss this, please write to hello@sela.example.
"#
    );
}

#[test]
fn no_mail_speaks_of_claims_gates_or_ledgers() {
    for kind in MailKind::ALL {
        let booking = AboutBooking {
            missing: Requirement::ALL.to_vec(),
            offer_expires_at: Some(at("2023-12-14T15:00:00Z")),
            closed_reason: Some("booking_closed".into()),
            clashes: crate::messaging::clashing::tests::one_clash(),
            ..compassion()
        };
        let about = Particulars { minimum: Some(to_decide()), ..of(kind, booking) };
        // The address of a call is no prose.
        let said = text(&about).to_lowercase().replace("/v1/cohorts/", "");
        for word in ["claim", "gate", "ledger", "reserve", "tenant", "cohort"] {
            assert!(!said.contains(word), "{kind:?} says {word}");
        }
    }
}

/// ADM-16.
#[test]
fn a_reminder_says_until_when_the_place_is_held_and_what_follows_without_an_answer() {
    let booking = AboutBooking { offer_expires_at: Some(at("2023-12-03T10:15:00Z")), ..compassion() };
    let mut about = of(MailKind::OfferReminder, booking);
    about.token = Some((TokenPurpose::Offer, Some(at("2023-12-03T10:15:00Z"))));
    let mail = render(&about, &LINKS).unwrap();
    assert_eq!(mail.subject, "Please answer, a place is held for you: Compassionate leadership training");
    for words in
        ["Sunday 3 December, 10.15am UK time", "goes to the next person", "/offer/accept?token=AbC-123_x"]
    {
        assert!(mail.text.contains(words), "{words}: {}", mail.text);
    }
}

/// ACC-4: who is booked by another is told by whom, and withdraws by a link without an account.
#[test]
fn who_is_booked_by_another_is_told_by_whom_and_how_to_withdraw() {
    let booking = AboutBooking {
        booked_by: Some("Wessex Training Hub".into()),
        opens_at: Some(at("2023-12-01T09:00:00Z")),
        ..compassion()
    };
    let about =
        Particulars { token: Some((TokenPurpose::Withdraw, None)), ..of(MailKind::BookingWaiting, booking) };
    let text = text(&about);
    assert!(text.contains("Wessex Training Hub has asked for a place for you"), "{text}");
    assert!(text.contains("/cancel?token=AbC-123_x"), "{text}");
    assert!(text.contains("as long as your request or your place stands"), "{text}");
    assert!(text.contains("when booking opens") && !text.contains("no place for you yet"), "{text}");
}

fn to_decide() -> AboutMinimum {
    AboutMinimum {
        cohort_id: crate::ids::CohortId(uuid::Uuid::from_u128(9)),
        programme: "Compassionate leadership training".into(),
        cohort: "January".into(),
        academy: "South East Leadership Academy".into(),
        contact: "hello@sela.example".into(),
        zone: Tz::Europe__London,
        minimum: 8,
        places_taken: 5,
        capacity: 12,
        waiting: 1,
        decided_by: at("2023-12-14T15:00:00Z"),
    }
}
