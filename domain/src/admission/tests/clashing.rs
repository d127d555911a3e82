use super::ledgers::write;
use super::*;
use crate::catalogue::Span;
use crate::identity::{Actor, PersonActor};
use crate::ids::{AcademyId, CohortId, PersonId};
use BookingStatus::{Closed, Confirmed, Offered};
use serde_json::json;

fn told(decisions: &[Decision]) -> Vec<(BookingId, BookingStatus)> {
    decisions.iter().map(|decision| (decision.booking, decision.status)).collect()
}

fn automatic(places: i64) -> Terms {
    Terms { vacancies: Vacancies::Automatic, ..terms(places) }
}

/// A cohort in which this booking is known to clash.
fn clashing(n: u128, terms: Terms) -> View {
    View { clashing: [booking(n)].into(), ..view(terms) }
}

fn cancelled(n: u128) -> Fact {
    let reason = ClosedReason::CancelledByParticipant;
    Fact::Cancellation { booking: booking(n), reason, held: Held::Place, fits: Fits::none() }
}

/// PRG-6.
#[test]
fn an_automatic_vacancy_goes_to_somebody_with_a_clash_as_an_offer_and_to_anybody_else_as_a_place() {
    let mut view = clashing(2, automatic(1));
    for n in 1..=3 {
        view.apply(&claim(n, n as i64), at(n as i64)).unwrap();
    }
    let given = view.apply(&cancelled(1), at(5)).unwrap();
    assert_eq!(told(&given), [(booking(1), Closed), (booking(2), Offered)]);
    assert_eq!(given[1].offer_expires_at, Some(at(5 + 48 * 60)));
    let declined = Fact::Decline { booking: booking(2), fits: Fits::none() };
    assert_eq!(told(&view.apply(&declined, at(6)).unwrap())[1], (booking(3), Confirmed));
}

/// PRG-6: nobody is confirmed by something that they did not do, at the opening or when a gate opens late.
#[test]
fn at_the_opening_and_when_a_claim_comes_to_light_who_clashes_is_offered_the_place() {
    let mut view = clashing(1, Terms { booking_opens_at: Some(at(60)), ..terms(2) });
    for n in 1..=2 {
        view.apply(&claim(n, 50), at(55)).unwrap();
    }
    let opening = view.apply(&Fact::BookingOpened, at(60)).unwrap();
    assert_eq!(told(&opening), [(booking(1), Offered), (booking(2), Confirmed)]);
    let mut view = clashing(1, terms(2));
    let arrived = view.apply(&claim(1, 1), at(1)).unwrap();
    assert_eq!(told(&arrived), [(booking(1), Offered)]);
    assert_eq!((arrived[0].rank, view.places_taken), (Some(rank(1, 1)), 1), "the place is held: {arrived:?}");
}

/// PRG-3, PRG-6: once offers have stopped nobody can be asked any more.
#[test]
fn where_offers_have_stopped_an_automatic_vacancy_is_confirmed_whatever_it_clashes_with() {
    let terms = Terms { offers_stop_hours: 10, ..automatic(1) };
    let mut view = View { first_session_at: Some(at(12 * 60)), ..clashing(2, terms) };
    for n in 1..=2 {
        view.apply(&claim(n, n as i64), at(n as i64)).unwrap();
    }
    let mut before = view.clone();
    assert_eq!(told(&before.apply(&cancelled(1), at(119)).unwrap())[1], (booking(2), Offered));
    assert_eq!(told(&view.apply(&cancelled(1), at(120)).unwrap())[1], (booking(2), Confirmed));
}

/// PRG-6, ADM-17: an offer that lapsed is no word of theirs either.
#[test]
fn who_clashes_and_let_the_offer_lapse_is_not_confirmed_by_that() {
    let mut view = clashing(1, Terms { after_lapse: AfterLapse::Requeue, ..automatic(1) });
    view.apply(&claim(1, 1), at(1)).unwrap();
    let ends = at(1 + 48 * 60);
    let lapse =
        Fact::Expiry { booking: booking(1), due: ends, lapses: 0, rank: rank(1, 1), fits: Fits::none() };
    assert_eq!(told(&view.apply(&lapse, ends).unwrap()), [(booking(1), Offered)]);
}

/// PRG-6, ADM-12: the ledger alone says who was asked because of a clash, and nothing where nobody was.
#[test]
fn a_ledger_tells_who_was_asked_because_of_a_clash_and_can_be_replayed() {
    let facts = [(claim(1, 1), 1), (claim(2, 2), 2), (cancelled(1), 5)];
    let (entries, _) = write(clashing(2, automatic(1)), &facts);
    assert_eq!(entries[3].facts.get("clashing"), Some(&json!([booking(2).to_string()])));
    assert!(entries[..3].iter().all(|entry| !entry.facts.contains_key("clashing")));
    assert!(replay(&entries).is_ok());
    let (offering, _) = write(clashing(2, terms(1)), &facts);
    assert!(offering.iter().all(|entry| !entry.facts.contains_key("clashing")), "it is offered anyway");
    let mut silent = entries.clone();
    silent[3].facts.remove("clashing");
    silent[3].entry_hash = silent[3].computed_hash();
    assert!(replay(&silent).is_err(), "the offer is not explained");
    let mut slander = entries;
    slander[3].facts.insert("clashing".into(), json!([booking(2).to_string(), booking(9).to_string()]));
    slander[3].entry_hash = slander[3].computed_hash();
    assert!(replay(&slander).is_err(), "it names who was not asked");
}

/// PRG-6, ADM-12: a change of terms tells it beside the new values.
#[test]
fn a_change_of_terms_can_ask_somebody_who_clashes() {
    let more = Terms { capacity: Capacity::new(2).unwrap(), ..automatic(1) };
    let change = Fact::TermsChanged { terms: more, first_session_at: None };
    let facts = [(claim(1, 1), 1), (claim(2, 2), 2), (change, 5)];
    let (entries, _) = write(clashing(2, automatic(1)), &facts);
    assert_eq!(told(&entries[3].decisions), [(booking(2), Offered)]);
    assert_eq!(entries[3].kind, EntryKind::CapacityChanged);
    assert!(replay(&entries).is_ok());
}

fn session(title: &str, from: i64, to: i64) -> SessionTime {
    SessionTime { title: title.to_owned(), span: Span { starts_at: at(from), ends_at: at(to) } }
}

fn place(person: u128, academy: u128) -> PlaceElsewhere {
    PlaceElsewhere {
        booking: booking(7),
        academy_id: AcademyId(Uuid::from_u128(academy)),
        cohort_id: CohortId(Uuid::from_u128(8)),
        person_id: PersonId(Uuid::from_u128(person)),
        booked_by_client: None,
    }
}

fn signed_in(person: u128) -> Actor {
    Actor::Person(PersonActor {
        id: PersonId(Uuid::from_u128(person)),
        email_key: "ellie@example.nhs.uk".to_owned(),
        email_verified: true,
        platform_admin: false,
        roles: Vec::new(),
    })
}

/// PRG-6.
#[test]
fn each_pair_of_sessions_that_overlap_is_a_clash_and_sessions_that_touch_are_none() {
    let own = [session("A", 0, 60), session("B", 100, 160)];
    let theirs = [session("X", 60, 100), session("Y", 159, 170), session("Z", 0, 200)];
    let found = clashes(&own, place(1, 1), &theirs);
    let pairs: Vec<(&str, &str)> =
        found.iter().map(|clash| (clash.own.title.as_str(), clash.other.title.as_str())).collect();
    assert_eq!(pairs, [("A", "Z"), ("B", "Y"), ("B", "Z")]);
}

/// PRG-6: told once, when it arises.
#[test]
fn a_moved_session_brings_about_only_what_it_did_not_overlap_before() {
    let theirs = [session("X", 0, 60), session("Y", 100, 200)];
    let moved = session("A", 50, 120);
    let found = clashes(&[moved.clone(), session("B", 10, 20)], place(1, 1), &theirs);
    let titles = |before: Option<Span>| {
        let list = arisen(found.clone(), std::slice::from_ref(&moved), before);
        list.into_iter().map(|clash| clash.other.title).collect::<Vec<_>>()
    };
    assert_eq!(titles(None), ["X", "Y"]);
    assert_eq!(titles(Some(session("A", 30, 90).span)), ["Y"]);
    assert!(titles(Some(session("A", 50, 110).span)).is_empty());
}

/// PRG-6, ACC-4.
#[test]
fn the_other_place_is_named_to_who_may_read_it_and_to_anybody_else_there_is_a_commitment() {
    let found = clashes(&[session("A", 0, 60)], place(1, 1), &[session("X", 0, 30), session("Y", 30, 60)]);
    let own = clash_faults(&found, &signed_in(1));
    assert_eq!(own.len(), 2);
    assert!(own[0].detail.contains("“A”") && own[0].detail.contains("“X”"), "{own:#?}");
    let other = clash_faults(&found, &signed_in(2));
    assert_eq!(other.len(), 1, "once, however much it clashes with: {other:#?}");
    assert!(other[0].detail.contains("“A”") && other[0].detail.contains("another commitment"));
    assert!(!other[0].detail.contains("“X”") && !other[0].detail.contains("00:30"), "{other:#?}");
    assert!(clash_faults(&found, &Actor::Anonymous)[0].detail.contains("another commitment"));
}
