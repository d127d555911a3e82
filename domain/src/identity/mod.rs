//! People, sign-in, roles and clients: who somebody is and what they may do.

mod actor;
mod email;
mod organisation;
mod password;
mod permission;
mod person;
mod session;
mod sight;
mod throttle;

pub use actor::{Actor, ClientActor, ClientKind, PersonActor, Role, Scope};
pub use email::EmailAddress;
pub use organisation::{LabelledList, OdsCode, organisation_search_text, search_words};
pub use password::Password;
pub use permission::{Action, Resource, Verdict, permits};
pub use person::{FullName, PersonState};
pub use session::{REFRESH_GRACE, Refresh, SESSION_LIFE, refresh};
pub use sight::{
    EvidenceSeen, Proposer, evidence_seen, sees_clash, sees_clashes, sees_colleague, sees_manager,
    sees_other_of, sees_others, sees_proposal,
};
pub use throttle::{FailureWindow, LOGIN_WINDOW, MAX_EMAIL_FAILURES, MAX_NETWORK_FAILURES};
