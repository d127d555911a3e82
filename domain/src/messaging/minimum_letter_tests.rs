//! What mails say of a minimum (PRG-12).

use super::*;

/// PRG-12.
#[test]
fn staff_are_told_what_is_to_be_decided_by_when_and_how() {
    let told = |kind| {
        let about = Particulars { booking: None, minimum: Some(to_decide()), ..of(kind, compassion()) };
        render(&about, &LINKS).unwrap()
    };
    let (soon, overdue) = (told(MailKind::MinimumSoon), told(MailKind::MinimumOverdue));
    assert_eq!(soon.subject, "Please decide whether it takes place: Compassionate leadership training");
    assert_eq!(overdue.subject, "Still to be decided: Compassionate leadership training");
    for words in [
        "at least 8 people take part",
        "5 of its 12 places are taken, and 1 person is on the waiting list",
        "Thursday 14 December, 3pm UK time",
        "/confirm-running -H",
        "/cancel -H",
    ] {
        assert!(soon.text.contains(words) && overdue.text.contains(words), "{words}: {}", overdue.text);
    }
    assert!(overdue.text.contains("Nothing happens by itself"), "{}", overdue.text);
}

/// PRG-12.
#[test]
fn who_gets_a_place_is_told_of_a_minimum_that_is_not_decided_and_then_that_it_is() {
    let undecided = Undecided { minimum: 8, decided_by: Some(at("2023-12-14T15:00:00Z")) };
    let booking = AboutBooking { undecided: Some(undecided), ..compassion() };
    let place = text(&of(MailKind::PlaceConfirmed, booking));
    assert!(place.contains("It takes place if at least 8 people take part."), "{place}");
    assert!(place.contains("by Thursday 14 December, 3pm UK time"), "{place}");
    assert!(!text(&of(MailKind::PlaceConfirmed, compassion())).contains("at least"));
    let runs = render(&of(MailKind::CohortRuns, compassion()), &LINKS).unwrap();
    assert_eq!(runs.subject, "It takes place: Compassionate leadership training");
    assert!(runs.text.contains("takes place, and you have a place."), "{}", runs.text);
}
