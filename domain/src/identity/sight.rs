//! What somebody who may read a booking sees of it (ACC-4).

use super::actor::{Actor, ClientKind};
use super::permission::{Action, Resource, Verdict, permits};
use crate::admission::{PlaceElsewhere, Transfer};
use crate::ids::{ClientId, PersonId};

impl Actor {
    /// Whether this is that person, signed in.
    pub fn is_person(&self, person: PersonId) -> bool {
        matches!(self, Self::Person(actor) if actor.id == person)
    }

    /// Whether this is that client.
    pub fn is_client(&self, client: ClientId) -> bool {
        matches!(self, Self::Client(actor) if actor.id == client)
    }

    /// The client whose own bookings are all that this actor has to do with in a cohort: a partner.
    pub fn confined_to(&self) -> Option<ClientId> {
        match self {
            Self::Client(client) if client.kind == ClientKind::Partner => Some(client.id),
            _ => None,
        }
    }
}

/// Whether somebody who may read a booking may also see how others of its cohort come by places: of a confidential
/// one a partner learns place status at most.
pub fn sees_others(viewer: &Actor, confidential: bool) -> bool {
    !confidential || viewer.confined_to().is_none()
}

/// Which evidence of a gate is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceSeen {
    /// All.
    All,
    /// Only what this client told or recorded itself.
    OfClient(ClientId),
}

/// Which evidence of a booking's gate somebody sees who may read the booking.
pub fn evidence_seen(viewer: &Actor) -> EvidenceSeen {
    match viewer {
        Actor::Client(client) => EvidenceSeen::OfClient(client.id),
        Actor::Person(_) | Actor::Anonymous => EvidenceSeen::All,
    }
}

/// Whether somebody sees who the manager is whom a booking names (ADM-20): the participant, who booked, and staff; not
/// whoever has got hold of a mailed link, and of clients only the one that named them.
pub fn sees_manager(viewer: &Actor, booking: &Resource) -> bool {
    let reads = permits(viewer, Action::ReadBooking, booking) == Verdict::Allowed;
    match (viewer, booking) {
        (Actor::Client(client), Resource::Booking { booked_by_client, .. }) => {
            reads && *booked_by_client == Some(client.id)
        }
        (Actor::Person(_), _) => reads,
        _ => false,
    }
}

/// Whether somebody is told the id of the other booking of a transfer (ADM-23): who may read that one too. That of the same
/// person and booker is read by whoever reads this one; a colleague's, by those who read all bookings of the academy.
pub fn sees_other_of(viewer: &Actor, transfer: Option<Transfer>, booking: &Resource) -> bool {
    match (transfer, booking) {
        (Some(Transfer::PassedOn), Resource::Booking { academy_id, .. }) => {
            permits(viewer, Action::ReadBooking, &Resource::Academy(*academy_id)) == Verdict::Allowed
        }
        _ => permits(viewer, Action::ReadBooking, booking) == Verdict::Allowed,
    }
}

/// Whether somebody sees that a place is to be passed on (ADM-23): who may read the booking; of a confidential cohort no
/// partner (ACC-4).
pub fn sees_proposal(viewer: &Actor, booking: &Resource, confidential: bool) -> bool {
    permits(viewer, Action::ReadBooking, booking) == Verdict::Allowed && sees_others(viewer, confidential)
}

/// Who proposed a place to a colleague (ADM-23), other than staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposer {
    /// Whether the participant did.
    pub themselves: bool,
    /// The client that did, where one did.
    pub client: Option<ClientId>,
}

/// Whether somebody who sees that a place is to be passed on also sees to whom: who proposed it, as that is what they
/// said themselves (ACC-4), and staff of the academy.
pub fn sees_colleague(viewer: &Actor, booking: &Resource, proposer: Proposer) -> bool {
    let Resource::Booking { academy_id, person_id, .. } = booking else { return false };
    match viewer {
        Actor::Person(person) => {
            (proposer.themselves && person.id == *person_id)
                || permits(viewer, Action::ReadBooking, &Resource::Academy(*academy_id)) == Verdict::Allowed
        }
        Actor::Client(client) => proposer.client == Some(client.id),
        Actor::Anonymous => false,
    }
}

/// Whether a booking's answer says what its sessions overlap with (PRG-6): to its participant and nobody else.
pub fn sees_clashes(viewer: &Actor, participant: PersonId) -> bool {
    viewer.is_person(participant)
}

/// Whether somebody who books, or answers an offer, is told which place of the person clashes with it (PRG-6): who may
/// read that booking. Anybody else learns that there is another commitment, and nothing of it (ACC-3, ACC-4).
pub fn sees_clash(viewer: &Actor, place: &PlaceElsewhere) -> bool {
    let resource = Resource::Booking {
        academy_id: place.academy_id,
        person_id: place.person_id,
        booked_by_client: place.booked_by_client,
    };
    permits(viewer, Action::ReadBooking, &resource) == Verdict::Allowed
}
