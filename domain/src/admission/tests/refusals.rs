use super::*;
use crate::fault::Fault;

fn attempt() -> Attempt {
    Attempt {
        live_booking: None,
        published: true,
        cohort: CohortStatus::Open,
        full_without_waiting_list: false,
        eligibility: EligibilityLook::Met,
        answer_faults: Vec::new(),
        commitment_missing: false,
        taster_code_wrong: false,
        manager: ManagerNamed::Fine,
        clashes: Vec::new(),
    }
}

/// ADM-15.
#[test]
fn a_refusal_gives_every_reason_at_once_and_the_first_names_it() {
    let all = Attempt {
        live_booking: Some(LiveBooking { id: booking(1), readable: true }),
        published: false,
        cohort: CohortStatus::Closed,
        full_without_waiting_list: true,
        eligibility: EligibilityLook::Failed(vec![Fault::new("/eligibility", "not-eligible", "…")]),
        answer_faults: vec![Fault::new("/answers/why", "required", "is required")],
        commitment_missing: true,
        taster_code_wrong: true,
        manager: ManagerNamed::Nobody,
        clashes: vec![Fault::new("/acknowledgesClash", "session-clash", "…")],
    };
    let refusal = refuse(&all).unwrap();
    assert_eq!(refusal.first, Reason::AlreadyBooked);
    assert_eq!(refusal.already, Some(booking(1)));
    let codes: Vec<&str> = refusal.faults.iter().map(|fault| fault.code).collect();
    let expected = [
        "already-booked",
        "not-published",
        "booking-closed",
        "cohort-full",
        "not-eligible",
        "required",
        "commitment-required",
        "taster-code-invalid",
        "manager-required",
        "session-clash",
    ];
    assert_eq!(codes, expected);
}

/// ACC-4: the id only to who may read that booking.
#[test]
fn who_may_not_read_the_live_booking_is_not_told_its_id() {
    let hidden = Some(LiveBooking { id: booking(1), readable: false });
    let refusal = refuse(&Attempt { live_booking: hidden, ..attempt() }).unwrap();
    assert_eq!((refusal.first, refusal.already), (Reason::AlreadyBooked, None));
}

/// ADM-6: before the opening claims gather.
#[test]
fn a_cohort_takes_bookings_until_it_closes() {
    for (cohort, refused) in [
        (CohortStatus::Scheduled, false),
        (CohortStatus::Open, false),
        (CohortStatus::Closed, true),
        (CohortStatus::Completed, true),
        (CohortStatus::Cancelled, true),
    ] {
        assert_eq!(refuse(&Attempt { cohort, ..attempt() }).is_some(), refused, "{cohort:?}");
    }
}
