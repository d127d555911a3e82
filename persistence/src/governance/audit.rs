//! Who did what, when and from where: rows that the database refuses to change. Ids and codes only (ACC-6).

use crate::new_id_at;
use crate::rows::{Column, Kind, Row, Writes};
use chrono::{DateTime, Utc};
use domain::ids::{AcademyId, ClientId, PersonId};
use uuid::Uuid;

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditActor {
    /// Nobody known.
    Anonymous,
    /// A person.
    Person(PersonId),
    /// A client.
    Client(ClientId),
    /// The program itself, when something was due.
    Job,
    /// Whoever runs the program's commands.
    Operator,
}

/// Where a change comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Who.
    pub actor: AuditActor,
    /// The request's id, where a request made it.
    pub request_id: Option<String>,
    /// The network it came from, coarse enough to be nobody's (`192.0.2.0/24`, `2001:db8::/48`).
    pub network: Option<String>,
}

impl Origin {
    /// The program itself.
    pub fn job() -> Self {
        Self { actor: AuditActor::Job, request_id: None, network: None }
    }

    /// Whoever runs the program's commands.
    pub fn operator() -> Self {
        Self { actor: AuditActor::Operator, request_id: None, network: None }
    }
}

/// One change of state.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// In which academy, where in one.
    pub academy_id: Option<AcademyId>,
    /// What was done, a past participle with its subject: `programme_published`.
    pub action: &'static str,
    /// The kind of thing it was done to: `programme`.
    pub subject_kind: &'static str,
    /// Which one.
    pub subject_id: Option<Uuid>,
    /// Codes, ids and counts; never a fact about a person.
    pub detail: serde_json::Value,
}

const COLUMNS: [Column; 11] = [
    ("id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("at", Kind::Time),
    ("actor_kind", Kind::Word),
    ("actor_id", Kind::Uuid),
    ("action", Kind::Word),
    ("subject_kind", Kind::Word),
    ("subject_id", Kind::Uuid),
    ("detail", Kind::Word),
    ("request_id", Kind::Word),
    ("network", Kind::Word),
];

/// Adds rows with an origin each, as a batch of the desk has. Gives the id of one of them, where there is any: once it is
/// there, all that was written with it is.
pub(crate) fn insert_audit_of(
    writes: &mut Writes,
    at: DateTime<Utc>,
    list: Vec<(Origin, AuditRow)>,
) -> Option<Uuid> {
    let list: Vec<(Uuid, (Origin, AuditRow))> = list.into_iter().map(|row| (new_id_at(at), row)).collect();
    let witness = list.first().map(|(id, _)| *id);
    let rows = list.into_iter().map(|(id, (origin, row))| to_row(id, &origin, at, row)).collect();
    writes.insert("audit", &COLUMNS, rows);
    witness
}

fn to_row(id: Uuid, origin: &Origin, at: DateTime<Utc>, row: AuditRow) -> Row {
    let (kind, actor_id) = match origin.actor {
        AuditActor::Anonymous => ("anonymous", None),
        AuditActor::Person(id) => ("person", Some(id.0)),
        AuditActor::Client(id) => ("client", Some(id.0)),
        AuditActor::Job => ("job", None),
        AuditActor::Operator => ("operator", None),
    };
    Row::default()
        .uuid("id", id)
        .uuid("academy_id", row.academy_id.map(|id| id.0))
        .time("at", at)
        .text("actor_kind", kind.to_owned())
        .uuid("actor_id", actor_id)
        .text("action", row.action.to_owned())
        .text("subject_kind", row.subject_kind.to_owned())
        .uuid("subject_id", row.subject_id)
        .text("detail", row.detail.to_string())
        .text("request_id", origin.request_id.clone())
        .text("network", origin.network.clone())
}
