//! Who acts: nobody known, a signed-in person, or a client.

use crate::ids::{AcademyId, ClientId, PersonId};
use std::fmt;

/// Who makes a request, with the rights that were in force when it came.
#[derive(Clone, Debug)]
pub enum Actor {
    /// No token was sent.
    Anonymous,
    /// A signed-in person.
    Person(PersonActor),
    /// A program (ACC-4).
    Client(ClientActor),
}

/// A signed-in person and the roles they hold.
#[derive(Clone)]
pub struct PersonActor {
    /// Who.
    pub id: PersonId,
    /// The email they registered with, as it is compared (ACC-1).
    pub email_key: String,
    /// Whether that email is verified (ACC-1). Until then no role is in force.
    pub email_verified: bool,
    /// Manages academies, members and clients; sees no bookings.
    pub platform_admin: bool,
    /// At most one role an academy (ACC-3).
    pub roles: Vec<(AcademyId, Role)>,
}

impl PersonActor {
    /// The role in that academy that is in force.
    pub fn role_in(&self, academy_id: AcademyId) -> Option<Role> {
        let held = self.roles.iter().find(|(id, _)| *id == academy_id).map(|(_, role)| *role);
        held.filter(|_| self.email_verified)
    }
}

/// The email is personal data: never shown by `Debug` (ACC-7).
impl fmt::Debug for PersonActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonActor")
            .field("id", &self.id)
            .field("email_verified", &self.email_verified)
            .field("platform_admin", &self.platform_admin)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// A client of one academy.
#[derive(Clone, Debug)]
pub struct ClientActor {
    /// Which.
    pub id: ClientId,
    /// The one academy it acts in.
    pub academy_id: AcademyId,
    /// What it acts as.
    pub kind: ClientKind,
    /// What its token may do.
    pub scopes: Vec<Scope>,
    /// Whether a booking that it makes meets `email_verified` (ACC-1).
    pub vouches_for_emails: bool,
}

/// A role in one academy (ACC-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Runs the academy; staff.
    AcademyAdmin,
    /// Runs its programmes; staff.
    Coordinator,
    /// Runs sessions and tasters.
    Facilitator,
    /// Holds one-to-one conversations.
    Supervisor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::AcademyAdmin, Self::Coordinator, Self::Facilitator, Self::Supervisor];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AcademyAdmin => "academy_admin",
            Self::Coordinator => "coordinator",
            Self::Facilitator => "facilitator",
            Self::Supervisor => "supervisor",
        }
    }

    /// Staff means academy admin and coordinator.
    pub fn is_staff(self) -> bool {
        matches!(self, Self::AcademyAdmin | Self::Coordinator)
    }

    /// The role with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// What a client acts as (ACC-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// Books on behalf of people and sees only those bookings.
    Partner,
    /// Acts for the whole academy within its scopes.
    Operations,
}

impl ClientKind {
    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Partner => "partner",
            Self::Operations => "operations",
        }
    }

    /// The kind with that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Partner, Self::Operations].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a client's token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// `catalogue:read`
    CatalogueRead,
    /// `catalogue:write`
    CatalogueWrite,
    /// `bookings:read`
    BookingsRead,
    /// `bookings:write`
    BookingsWrite,
    /// `attendance:write`
    AttendanceWrite,
    /// `reports:read`
    ReportsRead,
    /// `webhooks:manage`
    WebhooksManage,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 7] = [
        Self::CatalogueRead,
        Self::CatalogueWrite,
        Self::BookingsRead,
        Self::BookingsWrite,
        Self::AttendanceWrite,
        Self::ReportsRead,
        Self::WebhooksManage,
    ];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CatalogueRead => "catalogue:read",
            Self::CatalogueWrite => "catalogue:write",
            Self::BookingsRead => "bookings:read",
            Self::BookingsWrite => "bookings:write",
            Self::AttendanceWrite => "attendance:write",
            Self::ReportsRead => "reports:read",
            Self::WebhooksManage => "webhooks:manage",
        }
    }

    /// The scope with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}
