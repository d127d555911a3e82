//! Programmes and cohorts as admission sees them: loaded for a whole batch at once.

use crate::rows;
use crate::{Access, Result, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use domain::admission::Requirement;
use domain::catalogue::ReserveRule;
use domain::catalogue::eligibility::Eligibility;
use domain::catalogue::joining_form::JoiningForm;
use domain::ids::{AcademyId, CohortId, PersonId, ProgrammeId, TasterId};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement};
use std::collections::HashMap;
use uuid::Uuid;

/// What a cohort asks of those who book.
#[derive(Clone, Debug)]
pub struct CohortGate {
    /// Whose it is.
    pub academy_id: AcademyId,
    /// Which programme.
    pub programme_id: ProgrammeId,
    /// Whether the programme takes new bookings.
    pub published: bool,
    /// Whether the programme may be known to all: published or archived.
    pub public: bool,
    /// Whether what the group is told stays there (ACC-4).
    pub confidential: bool,
    /// Whether places are passed on to colleagues (ADM-23).
    pub pass_on: bool,
    /// The gate (ADM-2).
    pub requirements: Vec<Requirement>,
    /// The joining form.
    pub form: JoiningForm,
    /// The rules (PRG-2).
    pub eligibility: Option<Eligibility>,
    /// Who fits its reserves (PRG-9).
    pub reserves: Vec<ReserveRule>,
}

/// A taster as the gate sees it.
#[derive(Clone, Debug)]
pub struct TasterGate {
    /// Which.
    pub id: TasterId,
    /// Whose.
    pub academy_id: AcademyId,
    /// Of which programme.
    pub programme_id: ProgrammeId,
    /// The code that is read out at its end (ADM-3).
    pub check_in_code: String,
    /// From when the code is valid.
    pub starts_at: DateTime<Utc>,
    /// When attendance counts from.
    pub ends_at: DateTime<Utc>,
    /// When staff said that its attendance is complete.
    pub sealed_at: Option<DateTime<Utc>>,
}

impl TasterGate {
    /// Whether this code proves attendance at `now` (ADM-3): from the start to 24 hours after the end.
    pub fn code_holds(&self, code: &str, now: DateTime<Utc>) -> bool {
        let typed = code.trim().to_ascii_uppercase();
        let in_window = self.starts_at <= now && now < self.ends_at + TimeDelta::hours(24);
        in_window && typed == self.check_in_code.to_ascii_uppercase()
    }
}

/// What makes up a gate, of a cohort `c` and its programme `p`.
pub(crate) const GATE_SELECTED: &str = "c.id, c.academy_id, c.programme_id, p.status, c.confidential, c.pass_on, c.gate, c.joining_form, c.eligibility, \
     c.reserves";

#[derive(FromQueryResult)]
struct GateRow {
    id: Uuid,
    academy_id: Uuid,
    programme_id: Uuid,
    status: String,
    confidential: bool,
    pass_on: bool,
    gate: String,
    joining_form: String,
    eligibility: Option<String>,
    reserves: String,
}

/// The gates of these cohorts.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn cohort_gates(
    db: &impl Access,
    ids: impl IntoIterator<Item = CohortId>,
) -> Result<HashMap<CohortId, CohortGate>> {
    let db = db.connection();
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT {GATE_SELECTED} FROM {} {} {}",
        rows::ids_source(backend),
        rows::lookup(backend, "cohort", "c", "c.id = r.id"),
        rows::lookup(backend, "programme", "p", "p.id = c.programme_id")
    );
    let statement =
        Statement::from_sql_and_values(backend, text, [rows::ids(ids.into_iter().map(|id| id.0))]);
    let found = GateRow::find_by_statement(statement).all(db).await?;
    found.into_iter().map(|row| Ok((CohortId(row.id), gate(row)?))).collect()
}

/// The gate in a row that holds [`GATE_SELECTED`].
///
/// # Errors
/// When the row is corrupt.
pub(crate) fn gate_of(row: &QueryResult) -> Result<CohortGate> {
    gate(GateRow::from_query_result(row, "")?)
}

fn gate(row: GateRow) -> Result<CohortGate> {
    let corrupt = |column| StoreError::corrupt("cohort", column, row.id);
    let words: Vec<String> = serde_json::from_str(&row.gate).map_err(|_| corrupt("gate"))?;
    let requirements = words.iter().map(|word| Requirement::parse(word).ok_or_else(|| corrupt("gate")));
    let requirements = requirements.collect::<Result<Vec<_>>>()?;
    let form = serde_json::from_str(&row.joining_form).map_err(|_| corrupt("joining_form"))?;
    let eligibility = match &row.eligibility {
        None => None,
        Some(kept) => Some(serde_json::from_str(kept).map_err(|_| corrupt("eligibility"))?),
    };
    Ok(CohortGate {
        academy_id: AcademyId(row.academy_id),
        programme_id: ProgrammeId(row.programme_id),
        published: row.status == "published",
        public: row.status != "draft",
        confidential: row.confidential,
        pass_on: row.pass_on,
        requirements,
        form,
        eligibility,
        reserves: serde_json::from_str(&row.reserves).map_err(|_| corrupt("reserves"))?,
    })
}

#[derive(FromQueryResult)]
struct TasterRow {
    id: Uuid,
    academy_id: Uuid,
    programme_id: Uuid,
    check_in_code: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    sealed_at: Option<DateTime<Utc>>,
}

/// The tasters of these programmes.
///
/// # Errors
/// When the database does not answer.
pub async fn tasters_of(
    db: &impl Access,
    programmes: impl IntoIterator<Item = ProgrammeId>,
) -> Result<Vec<TasterGate>> {
    let db = db.connection();
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT t.id, t.academy_id, t.programme_id, t.check_in_code, t.starts_at, t.ends_at, t.sealed_at \
         FROM {} JOIN taster t ON t.programme_id = r.id",
        rows::ids_source(backend)
    );
    let statement =
        Statement::from_sql_and_values(backend, text, [rows::ids(programmes.into_iter().map(|id| id.0))]);
    let found = TasterRow::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(to_gate).collect())
}

/// One taster.
///
/// # Errors
/// When the database does not answer.
pub async fn taster(db: &impl Access, id: TasterId) -> Result<Option<TasterGate>> {
    let db = db.connection();
    let text = "SELECT id, academy_id, programme_id, check_in_code, starts_at, ends_at, sealed_at \
                FROM taster WHERE id = $1";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [id.0.into()]);
    Ok(TasterRow::find_by_statement(statement).one(db).await?.map(to_gate))
}

fn to_gate(row: TasterRow) -> TasterGate {
    TasterGate {
        id: TasterId(row.id),
        academy_id: AcademyId(row.academy_id),
        programme_id: ProgrammeId(row.programme_id),
        check_in_code: row.check_in_code,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        sealed_at: row.sealed_at,
    }
}

#[derive(FromQueryResult)]
struct StandingRow {
    status: String,
    facilitator_id: Option<Uuid>,
}

/// Whether a taster's programme may be known to all, and who runs the taster.
///
/// # Errors
/// When the database does not answer.
pub async fn taster_standing(db: &impl Access, id: TasterId) -> Result<(bool, Option<Uuid>)> {
    let db = db.connection();
    let text = "SELECT p.status, t.facilitator_id FROM taster t JOIN programme p ON p.id = t.programme_id \
                WHERE t.id = $1";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [id.0.into()]);
    let row = StandingRow::find_by_statement(statement).one(db).await?;
    Ok(row.map_or((false, None), |row| (row.status != "draft", row.facilitator_id)))
}

#[derive(FromQueryResult)]
struct ProgrammeRow {
    academy_id: Uuid,
    status: String,
}

/// Whose a programme is, and whether it may be known to all.
///
/// # Errors
/// When the database does not answer.
pub async fn programme_standing(db: &impl Access, id: ProgrammeId) -> Result<Option<(AcademyId, bool)>> {
    let db = db.connection();
    let text = "SELECT academy_id, status FROM programme WHERE id = $1";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [id.0.into()]);
    let row = ProgrammeRow::find_by_statement(statement).one(db).await?;
    Ok(row.map(|row| (AcademyId(row.academy_id), row.status != "draft")))
}

#[derive(FromQueryResult)]
struct Counted {
    n: i64,
}

/// Whether this person runs a session of the cohort.
///
/// # Errors
/// When the database does not answer.
pub async fn runs_a_session(db: &impl Access, cohort: CohortId, person: PersonId) -> Result<bool> {
    let db = db.connection();
    let text = "SELECT count(*) AS n FROM session WHERE cohort_id = $1 AND facilitator_id = $2";
    let values = [cohort.0.into(), person.0.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    Ok(Counted::find_by_statement(statement).one(db).await?.is_some_and(|row| row.n > 0))
}
