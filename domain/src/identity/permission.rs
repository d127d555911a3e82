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
    /// Add and complete organisations, and extend labelled lists (ACC-9).
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
    /// Close, cancel or complete a cohort (PRG-7): its bookings end with it. Or say that it runs (PRG-12).
    EndCohort,
    /// See a session's join link, meeting id and passcode (PRG-5).
    SeeJoinDetails,
    /// Say what one needs in order to take part in a session, and see and take back what one said (PRG-11).
    AskForAdjustment,
    /// See what participants of a session need, and say what becomes of it (PRG-11, ACC-10).
    ActOnAdjustments,
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
    /// Bring in an existing list before booking opens, with earlier moments where there is evidence (ADM-24).
    ImportBookings,
    /// Read one booking.
    ReadBooking,
    /// List a cohort's bookings: all, or a partner's own.
    ListBookings,
    /// Let a person off a requirement, and see whose attempts were refused (ADM-19).
    WaiveRequirement,
    /// Say who may nominate for a cohort, and how many (ADM-20).
    SetNominators,
    /// Nominate somebody, and withdraw that.
    Nominate,
    /// See whom was nominated: all, or one's own.
    ListNominations,
    /// Correct what a booking says.
    ChangeBooking,
    /// Cancel a booking.
    CancelBooking,
    /// Leave a confirmed place for another cohort, or take a proposal of it back (ADM-23).
    LeavePlace,
    /// Propose a confirmed place to a colleague, who is mailed (ADM-23).
    ProposePlace,
    /// Take over a place that a colleague passes on (ADM-23).
    TakeOverPlace,
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
    /// See what came of the interest that was told of a cohort (COM-5).
    SeeInvitations,
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
        /// Whether the actor is the facilitator of this very session or taster, or of a session of this cohort.
        run_by_actor: bool,
        /// Whether the actor holds a confirmed place (PRG-5), a receipt of the ledger (ADM-12), or a quota of
        /// nominations (ADM-20), as the action asks.
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
    /// A place that was proposed to somebody, named by the token that was sent to them: who shows it knows that it exists.
    Proposal {
        /// The email to which it was sent, as it is compared.
        email_key: String,
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
    let allowed = anyone_may(action, resource)
        || match actor {
            Actor::Anonymous => false,
            Actor::Person(person) => person_may(person, action, resource),
            Actor::Client(client) => client_may(client, action, resource),
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
        Resource::Platform => on_platform_may(person, action),
        Resource::Academy(academy_id) => role_may(person, *academy_id, action),
        Resource::Catalogue { academy_id, public, run_by_actor, entitled } => {
            let runs_it = *run_by_actor && person.role_in(*academy_id) == Some(Role::Facilitator);
            role_may(person, *academy_id, action)
                || match action {
                    // Who knows a draft is told by the state that it takes no bookings (409).
                    Action::BookForSelf | Action::CheckOwnEligibility | Action::CheckIn => {
                        *public || role_may(person, *academy_id, Action::ReadCatalogue)
                    }
                    Action::SeeJoinDetails => *entitled || runs_it,
                    Action::ReadLedger | Action::AskForAdjustment => *entitled,
                    Action::Nominate | Action::ListNominations => *entitled && person.email_verified,
                    Action::ReadCatalogue
                    | Action::ActOnAdjustments
                    | Action::SeeCheckInCode
                    | Action::RecordAttendance
                    | Action::ListBookings => runs_it,
                    _ => false,
                }
        }
        Resource::Booking { academy_id, person_id, booked_by_client } => {
            let own = *person_id == person.id;
            role_may(person, *academy_id, action)
                || match action {
                    Action::ReadBooking
                    | Action::CancelBooking
                    | Action::LeavePlace
                    | Action::AnswerOffer => own,
                    // It has a mail sent to somebody else's address.
                    Action::ProposePlace => own && person.email_verified,
                    // What a client told is the client's to correct (ACC-4).
                    Action::ChangeBooking => own && booked_by_client.is_none(),
                    _ => false,
                }
        }
        // A registration that has not proved the email is not yet whom it was sent to (ACC-1).
        Resource::Proposal { email_key } => {
            action == Action::TakeOverPlace && person.email_verified && person.email_key == *email_key
        }
    }
}

fn on_platform_may(person: &PersonActor, action: Action) -> bool {
    let platform_admin = manages_platform(person);
    match action {
        Action::ManageAcademies | Action::ReadMetrics => platform_admin,
        Action::ExtendLists => {
            platform_admin
                || person.roles.iter().any(|(id, _)| person.role_in(*id).is_some_and(Role::is_staff))
        }
        Action::UseOwnAccount => true,
        _ => false,
    }
}

/// What a role gives in the whole academy. Platform admins manage and see no bookings.
fn role_may(person: &PersonActor, academy_id: AcademyId, action: Action) -> bool {
    let role = person.role_in(academy_id);
    match action {
        Action::ManageAcademies => manages_platform(person),
        Action::ManageMembers | Action::ManageClients => {
            manages_platform(person) || role == Some(Role::AcademyAdmin)
        }
        Action::ReadDrafts
        | Action::ReadCatalogue
        | Action::WriteCatalogue
        | Action::EndCohort
        | Action::SeeJoinDetails
        | Action::ActOnAdjustments
        | Action::SeeCheckInCode
        | Action::RecordAttendance
        | Action::SealAttendance
        | Action::BookForOther
        | Action::ImportBookings
        | Action::ReadBooking
        | Action::ListBookings
        | Action::ChangeBooking
        | Action::CancelBooking
        | Action::LeavePlace
        | Action::ProposePlace
        | Action::AnswerOffer
        | Action::ReadWaitingList
        | Action::WaiveRequirement
        | Action::SetNominators
        | Action::ListNominations
        | Action::ReadLedger
        | Action::SeeInvitations
        | Action::CheckEligibilityOfOther => role.is_some_and(Role::is_staff),
        Action::ExtendLists
        | Action::ReadMetrics
        | Action::UseOwnAccount
        | Action::AskForAdjustment
        | Action::CheckIn
        | Action::BookForSelf
        | Action::CheckOwnEligibility
        | Action::Nominate
        | Action::TakeOverPlace
        | Action::RegisterInterest => false,
    }
}

fn client_may(client: &ClientActor, action: Action, resource: &Resource) -> bool {
    let operations = client.kind == ClientKind::Operations;
    let has = |scope| client.scopes.contains(&scope);
    match resource {
        Resource::Platform | Resource::Proposal { .. } => false,
        Resource::Academy(academy_id) => {
            client.academy_id == *academy_id && operations && operations_may(&has, action)
        }
        Resource::Catalogue { academy_id, public, entitled, .. } => {
            let partner_may = *public
                && match action {
                    Action::BookForOther | Action::CheckEligibilityOfOther => has(Scope::BookingsWrite),
                    Action::ListBookings => has(Scope::BookingsRead),
                    Action::ReadLedger => *entitled,
                    Action::Nominate => *entitled && has(Scope::BookingsWrite),
                    Action::ListNominations => {
                        *entitled && (has(Scope::BookingsRead) || has(Scope::BookingsWrite))
                    }
                    _ => false,
                };
            client.academy_id == *academy_id && (partner_may || (operations && operations_may(&has, action)))
        }
        Resource::Booking { academy_id, booked_by_client, .. } => {
            let reaches = operations || *booked_by_client == Some(client.id);
            client.academy_id == *academy_id
                && reaches
                && match action {
                    Action::ReadBooking => has(Scope::BookingsRead) || has(Scope::BookingsWrite),
                    Action::ChangeBooking
                    | Action::CancelBooking
                    | Action::LeavePlace
                    | Action::ProposePlace
                    | Action::AnswerOffer => has(Scope::BookingsWrite),
                    _ => false,
                }
        }
    }
}

/// What an `operations` client does in the whole academy, by its scopes (ACC-4).
fn operations_may(has: &impl Fn(Scope) -> bool, action: Action) -> bool {
    match action {
        Action::ReadDrafts | Action::ReadCatalogue => has(Scope::CatalogueRead) || has(Scope::CatalogueWrite),
        Action::WriteCatalogue | Action::SeeJoinDetails => has(Scope::CatalogueWrite),
        Action::EndCohort => has(Scope::CatalogueWrite) && has(Scope::BookingsWrite),
        Action::RecordAttendance => has(Scope::AttendanceWrite),
        Action::BookForOther | Action::ImportBookings | Action::CheckEligibilityOfOther => {
            has(Scope::BookingsWrite)
        }
        Action::ReadBooking => has(Scope::BookingsRead) || has(Scope::BookingsWrite),
        Action::ListBookings | Action::ReadLedger | Action::ReadWaitingList | Action::SeeInvitations => {
            has(Scope::BookingsRead)
        }
        _ => false,
    }
}

/// How a refusal looks: what may be known to exist is 403, all else 404 (ACC-3). Nobody learns from a
/// missing token whether something exists: only reading what is public by nature answers 404 without one.
fn refusal(actor: &Actor, action: Action, resource: &Resource) -> Verdict {
    let known = known_to_exist(actor, resource);
    let public_by_nature = matches!(action, Action::ReadCatalogue | Action::RegisterInterest);
    match actor {
        Actor::Anonymous if known || !public_by_nature => Verdict::SignIn,
        _ if known => Verdict::Forbidden,
        _ => Verdict::Hidden,
    }
}

fn known_to_exist(actor: &Actor, resource: &Resource) -> bool {
    match resource {
        // Academies are listed in public; what is private of them is not.
        Resource::Platform | Resource::Academy(_) | Resource::Proposal { .. } => true,
        Resource::Catalogue { public: true, .. } => true,
        Resource::Catalogue { academy_id, .. } => match actor {
            Actor::Anonymous => false,
            Actor::Person(person) => person_may(person, Action::ReadCatalogue, resource),
            Actor::Client(client) => {
                client.academy_id == *academy_id && client.kind == ClientKind::Operations
            }
        },
        Resource::Booking { .. } => match actor {
            Actor::Anonymous => false,
            Actor::Person(person) => person_may(person, Action::ReadBooking, resource),
            Actor::Client(client) => client_may(client, Action::ReadBooking, resource),
        },
    }
}

fn manages_platform(person: &PersonActor) -> bool {
    person.platform_admin && person.email_verified
}

#[cfg(test)]
mod tests;
