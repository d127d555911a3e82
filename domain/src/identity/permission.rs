//! Who may do what (ACC-3, ACC-5): the one function that decides it.

use super::actor::{Actor, ClientActor, ClientKind, PersonActor, Role, Scope};
use crate::ids::{AcademyId, ClientId, PersonId};

/// Something that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Make academies.
    ManageAcademies,
    /// Give and end roles in an academy.
    ManageMembers,
    /// Make, list and revoke clients of an academy.
    ManageClients,
    /// Add organisations and extend labelled lists (ACC-9).
    ExtendLists,
    /// Read metrics on the main address.
    ReadMetrics,
    /// Read and change one's own profile, sessions and bookings.
    UseOwnAccount,
    /// Read a programme, its cohorts, sessions and tasters.
    ReadCatalogue,
    /// List programmes in every state.
    ReadDrafts,
    /// Make and change programmes, cohorts, sessions and tasters.
    WriteCatalogue,
    /// See a session's join link, meeting id and passcode (PRG-5).
    SeeJoinDetails,
    /// See the code that a facilitator reads out (ADM-3).
    SeeCheckInCode,
    /// Record, correct and list a taster's attendance.
    RecordAttendance,
    /// Say that a taster's attendance is complete (ADM-6).
    SealAttendance,
    /// Show one's attendance with the taster's code.
    CheckIn,
    /// Book for oneself.
    BookForSelf,
    /// Book for somebody else (ADM-1).
    BookForOther,
    /// Read one booking.
    ReadBooking,
    /// List a cohort's bookings: all, or a partner's own.
    ListBookings,
    /// Correct what a booking says.
    ChangeBooking,
    /// Cancel a booking.
    CancelBooking,
    /// Accept or decline an offer.
    AnswerOffer,
    /// Read the waiting list in rank order.
    ReadWaitingList,
    /// Read a cohort's ledger (ADM-12).
    ReadLedger,
    /// Look whether one would get through the gate.
    CheckOwnEligibility,
    /// The same for somebody else.
    CheckEligibilityOfOther,
    /// Leave a wish to hear of future cohorts.
    RegisterInterest,
}

/// What it is done to.
#[derive(Clone, Debug)]
pub enum Resource {
    /// The whole service.
    Platform,
    /// An academy.
    Academy(AcademyId),
    /// A programme or what hangs below it.
    Catalogue {
        /// Whose it is.
        academy_id: AcademyId,
        /// Whether the programme was ever published: a draft is hidden.
        public: bool,
        /// Whether the actor is the facilitator of this very session or taster.
        run_by_actor: bool,
        /// Whether the actor holds a confirmed place (PRG-5), or a receipt of the ledger (ADM-12).
        entitled: bool,
    },
    /// A booking.
    Booking {
        /// Whose cohort.
        academy_id: AcademyId,
        /// Who would take part.
        person_id: PersonId,
        /// The client that booked, where one did.
        booked_by_client: Option<ClientId>,
    },
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// Nobody is signed in: 401.
    SignIn,
    /// The actor may know that it exists, and may not do this: 403.
    Forbidden,
    /// The actor may not know that it exists: 404 (ACC-3).
    Hidden,
}

/// Decides every permission (ACC-5).
pub fn permits(actor: &Actor, action: Action, resource: &Resource) -> Verdict {
    let allowed = match actor {
        Actor::Anonymous => anyone_may(action, resource),
        Actor::Person(person) => anyone_may(action, resource) || person_may(person, action, resource),
        Actor::Client(client) => {
            (anyone_may(action, resource) && action != Action::RegisterInterest)
                || client_may(client, action, resource)
        }
    };
    if allowed { Verdict::Allowed } else { refusal(actor, action, resource) }
}

/// What is open to all.
fn anyone_may(action: Action, resource: &Resource) -> bool {
    match (action, resource) {
        (Action::ReadCatalogue | Action::RegisterInterest, Resource::Catalogue { public, .. }) => *public,
        _ => false,
    }
}

fn person_may(person: &PersonActor, action: Action, resource: &Resource) -> bool {
    match resource {
        Resource::Platform => match action {
            Action::ManageAcademies | Action::ReadMetrics => person.platform_admin,
            Action::ExtendLists => person.platform_admin || person.roles.iter().any(|(_, r)| is_staff(*r)),
            Action::UseOwnAccount => true,
            _ => false,
        },
        Resource::Academy(academy_id) => academy_role_may(person, *academy_id, action),
        Resource::Catalogue { academy_id, public, run_by_actor, entitled } => match action {
            Action::BookForSelf | Action::CheckOwnEligibility | Action::CheckIn => *public,
            Action::SeeJoinDetails | Action::ReadLedger if *entitled => true,
            Action::SeeJoinDetails | Action::SeeCheckInCode | Action::RecordAttendance
                if *run_by_actor && role_in(person, *academy_id) == Some(Role::Facilitator) =>
            {
                true
            }
            Action::ReadCatalogue => role_in(person, *academy_id).is_some(),
            _ => academy_role_may(person, *academy_id, action),
        },
        Resource::Booking { academy_id, person_id, .. } => match action {
            Action::ReadBooking | Action::ChangeBooking | Action::CancelBooking | Action::AnswerOffer
                if *person_id == person.id =>
            {
                true
            }
            _ => academy_role_may(person, *academy_id, action),
        },
    }
}

fn academy_role_may(person: &PersonActor, academy_id: AcademyId, action: Action) -> bool {
    let role = role_in(person, academy_id);
    match action {
        Action::ManageMembers | Action::ManageClients => {
            person.platform_admin || role == Some(Role::AcademyAdmin)
        }
        Action::ReadDrafts
        | Action::ReadCatalogue
        | Action::WriteCatalogue
        | Action::SeeJoinDetails
        | Action::SeeCheckInCode
        | Action::RecordAttendance
        | Action::SealAttendance
        | Action::BookForOther
        | Action::ReadBooking
        | Action::ListBookings
        | Action::ChangeBooking
        | Action::CancelBooking
        | Action::AnswerOffer
        | Action::ReadWaitingList
        | Action::ReadLedger
        | Action::CheckEligibilityOfOther => role.is_some_and(is_staff),
        _ => false,
    }
}

fn client_may(client: &ClientActor, action: Action, resource: &Resource) -> bool {
    let (academy_id, booked_by_it, public) = match resource {
        Resource::Platform => return false,
        Resource::Academy(academy_id) => (*academy_id, false, false),
        Resource::Catalogue { academy_id, public, .. } => (*academy_id, false, *public),
        Resource::Booking { academy_id, booked_by_client, .. } => {
            (*academy_id, *booked_by_client == Some(client.id), false)
        }
    };
    if client.academy_id != academy_id {
        return false;
    }
    let has = |scope| client.scopes.contains(&scope);
    let operations = client.kind == ClientKind::Operations;
    let reaches = operations || booked_by_it;
    match action {
        Action::ReadDrafts => operations && has(Scope::CatalogueRead),
        Action::ReadCatalogue => public || (operations && has(Scope::CatalogueRead)),
        Action::WriteCatalogue => operations && has(Scope::CatalogueWrite),
        Action::RecordAttendance => operations && has(Scope::AttendanceWrite),
        Action::BookForOther | Action::CheckEligibilityOfOther => has(Scope::BookingsWrite),
        Action::ListBookings => has(Scope::BookingsRead),
        Action::ReadLedger | Action::ReadWaitingList => operations && has(Scope::BookingsRead),
        Action::ReadBooking => reaches && (has(Scope::BookingsRead) || has(Scope::BookingsWrite)),
        Action::ChangeBooking | Action::CancelBooking | Action::AnswerOffer => {
            reaches && has(Scope::BookingsWrite)
        }
        _ => false,
    }
}

/// How a refusal looks: what may be known to exist is 403, all else 404 (ACC-3).
fn refusal(actor: &Actor, action: Action, resource: &Resource) -> Verdict {
    let known_to_exist = match resource {
        Resource::Platform => true,
        // Academies are listed in public; what is private of them is not.
        Resource::Academy(_) => true,
        Resource::Catalogue { public, academy_id, .. } => *public || belongs_to(actor, *academy_id),
        Resource::Booking { academy_id, person_id, .. } => match actor {
            Actor::Person(person) => {
                person.id == *person_id || role_in(person, *academy_id).is_some_and(is_staff)
            }
            Actor::Client(client) => {
                client_may(client, Action::ReadBooking, resource) && action != Action::ReadBooking
            }
            Actor::Anonymous => false,
        },
    };
    match actor {
        Actor::Anonymous if needs_sign_in(action, known_to_exist) => Verdict::SignIn,
        _ if known_to_exist => Verdict::Forbidden,
        _ => Verdict::Hidden,
    }
}

/// Nobody learns from a missing token whether something exists: only reading what is public by nature
/// answers 404 to a caller without one.
fn needs_sign_in(action: Action, known_to_exist: bool) -> bool {
    known_to_exist || !matches!(action, Action::ReadCatalogue | Action::RegisterInterest)
}

fn belongs_to(actor: &Actor, academy_id: AcademyId) -> bool {
    match actor {
        Actor::Anonymous => false,
        Actor::Person(person) => role_in(person, academy_id).is_some(),
        Actor::Client(client) => client.academy_id == academy_id && client.kind == ClientKind::Operations,
    }
}

fn role_in(person: &PersonActor, academy_id: AcademyId) -> Option<Role> {
    person.roles.iter().find(|(id, _)| *id == academy_id).map(|(_, role)| *role)
}

/// Staff means academy admin and coordinator.
fn is_staff(role: Role) -> bool {
    matches!(role, Role::AcademyAdmin | Role::Coordinator)
}
