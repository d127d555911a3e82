//! The `ranked_form` table: a joining form that ranks several cohorts (ADM-21). It holds no person and no answers; its
//! bookings do.

use super::booking::{self, Booking};
use super::sitting::{Heads, Sitting};
use crate::governance::AuditRow;
use crate::rows::{self, Column, Kind, Row};
use crate::{Access, Result, StoreError, Work};
use chrono::{DateTime, Utc};
use domain::admission::WhenPlaced;
use domain::ids::{AcademyId, CohortId, FormId, ProgrammeId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// A joining form that ranks several cohorts of a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedForm {
    /// Which.
    pub id: FormId,
    /// Whose programme.
    pub academy_id: AcademyId,
    /// Which programme.
    pub programme_id: ProgrammeId,
    /// What a place in one of the cohorts does to the other requests.
    pub when_placed: WhenPlaced,
    /// Whether it asks to hear of later cohorts.
    pub hear_of_later: bool,
    /// Counts its changes, for its ETag.
    pub revision: i64,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct FormRow {
    id: Uuid,
    academy_id: Uuid,
    programme_id: Uuid,
    when_placed: String,
    hear_of_later: bool,
    revision: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<FormRow> for RankedForm {
    type Error = StoreError;

    fn try_from(row: FormRow) -> Result<Self> {
        let chosen = WhenPlaced::parse(&row.when_placed);
        Ok(Self {
            id: FormId(row.id),
            academy_id: AcademyId(row.academy_id),
            programme_id: ProgrammeId(row.programme_id),
            when_placed: chosen.ok_or_else(|| StoreError::corrupt("ranked_form", "when_placed", row.id))?,
            hear_of_later: row.hear_of_later,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

const COLUMNS: [Column; 8] = [
    ("id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("programme_id", Kind::Uuid),
    ("when_placed", Kind::Text),
    ("hear_of_later", Kind::Bool),
    ("revision", Kind::Int),
    ("created_at", Kind::Time),
    ("updated_at", Kind::Time),
];

/// Keeps a form that was sent now.
pub(super) async fn insert(work: &Work, form: &RankedForm) -> Result<()> {
    let row = Row::default()
        .uuid("id", form.id.0)
        .uuid("academy_id", form.academy_id.0)
        .uuid("programme_id", form.programme_id.0)
        .text("when_placed", form.when_placed.as_str().to_owned())
        .bool("hear_of_later", form.hear_of_later)
        .int("revision", form.revision)
        .time("created_at", form.created_at)
        .time("updated_at", form.updated_at);
    rows::insert(work.connection(), "ranked_form", &COLUMNS, vec![row], "").await?;
    Ok(())
}

/// One form.
///
/// # Errors
/// When the database does not answer or the row is corrupt.
pub async fn ranked_form(db: &impl Access, id: FormId) -> Result<Option<RankedForm>> {
    let text = "SELECT id, academy_id, programme_id, when_placed, hear_of_later, revision, created_at, updated_at \
                FROM ranked_form WHERE id = $1";
    let db = db.connection();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [id.0.into()]);
    FormRow::find_by_statement(statement).one(db).await?.map(RankedForm::try_from).transpose()
}

/// The bookings of a form in their order of preference; of those of one cohort the older first.
///
/// # Errors
/// As [`ranked_form`].
pub async fn bookings_of_form(db: &impl Access, id: FormId) -> Result<Vec<Booking>> {
    let text = format!(
        "SELECT {} FROM booking b WHERE b.form_id = $1 AND b.form_id IS NOT NULL \
         ORDER BY b.preference, b.created_at, b.id",
        booking::SELECTED
    );
    booking::query(db.connection(), text, [id.0.into()]).await
}

/// What is changed of a form.
#[derive(Clone, Debug, Default)]
pub struct FormChange {
    /// Its cohorts in a new order of preference: all of them.
    pub order: Option<Vec<CohortId>>,
    /// What a place in one of them does to the other requests from now on.
    pub when_placed: Option<WhenPlaced>,
}

/// Locks a form's cohorts and gives it with its bookings as they are then, in their order of preference.
///
/// # Errors
/// As [`ranked_form`].
pub async fn lock_form(work: &mut Work, id: FormId) -> Result<Option<(RankedForm, Vec<Booking>)>> {
    let found = bookings_of_form(work, id).await?;
    work.lock_cohorts(found.iter().map(|booking| booking.cohort_id)).await?;
    let Some(form) = ranked_form(work, id).await? else { return Ok(None) };
    Ok(Some((form, bookings_of_form(work, id).await?)))
}

/// Changes a form that [`lock_form`] gave. No claim moves; where a place is held and the others are to end from now on,
/// they end at once.
///
/// # Errors
/// When the database refuses.
pub async fn change_form(
    work: &mut Work,
    form: &RankedForm,
    bookings: Vec<Booking>,
    change: FormChange,
) -> Result<()> {
    let cohorts: BTreeSet<CohortId> = bookings.iter().map(|booking| booking.cohort_id).collect();
    let cohorts: Vec<CohortId> = cohorts.into_iter().collect();
    let mut sitting = Sitting::open(work, &cohorts, Heads::Freed(HashMap::new())).await?;
    sitting.take(bookings.iter().cloned());
    sitting.bring_choices(work).await?;
    for (cohort, preference) in change.order.iter().flatten().zip(1_u32..) {
        for booking in bookings.iter().filter(|booking| booking.cohort_id == *cohort) {
            sitting.prefer(booking.id, preference);
        }
    }
    let when_placed = change.when_placed.unwrap_or(form.when_placed);
    sitting.forms.learn(form.id, when_placed);
    let origin = work.origin.clone();
    sitting.end_unless_kept(&origin, bookings.iter().map(|booking| booking.id))?;
    let ended = bookings.iter().filter(|booking| booking.status.is_undecided());
    sitting.tell_of_ended_choices(&origin, ended.map(|booking| booking.id));
    let (now, text) = (
        sitting.now,
        "UPDATE ranked_form SET when_placed = $1, revision = revision + 1, updated_at = $2 WHERE id = $3",
    );
    sitting.write(work).await?;
    let values = [when_placed.as_str().into(), now.into(), form.id.0.into()];
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    work.connection().execute_raw(statement).await?;
    work.audit(AuditRow {
        academy_id: Some(form.academy_id),
        action: "form_changed",
        subject_kind: "form",
        subject_id: Some(form.id.0),
        detail: serde_json::json!({"whenPlaced": when_placed.as_str()}),
    });
    Ok(())
}
