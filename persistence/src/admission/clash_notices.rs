//! A clash that arises later is told, not acted on (PRG-6).

use crate::messaging::{MailKind, OutboxRow};
use crate::{Access, Result, Work};
use chrono::{DateTime, Utc};
use domain::admission::{Clash, PlaceElsewhere, SessionTime, arisen, clashes};
use domain::catalogue::Span;
use domain::ids::{AcademyId, BookingId, ClientId, CohortId, PersonId};
use sea_orm::{FromQueryResult, Statement};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(FromQueryResult)]
struct Row {
    booking_id: Uuid,
    own_academy: Uuid,
    person_id: Uuid,
    other_id: Uuid,
    academy_id: Uuid,
    cohort_id: Uuid,
    booked_by_client: Option<Uuid>,
    title: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// Tells those who are confirmed in this cohort, and in another that meets at the same time, that sessions overlap now:
/// each once for a change. `changed` are the sessions as they are, `before` is when the one that was moved took place.
///
/// # Errors
/// When the database does not answer.
pub async fn tell_of_clashes(
    work: &mut Work,
    cohort: CohortId,
    changed: &[SessionTime],
    before: Option<Span>,
) -> Result<()> {
    let Some(around) = Span::around(changed.iter().map(|session| session.span)) else { return Ok(()) };
    let mut told: BTreeMap<BookingId, (AcademyId, PersonId)> = BTreeMap::new();
    for row in confirmed_elsewhere(work, cohort, around).await? {
        if !arisen(clashes_of(&row, changed), changed, before).is_empty() {
            told.insert(BookingId(row.booking_id), (AcademyId(row.own_academy), PersonId(row.person_id)));
        }
    }
    for (booking, (academy_id, person_id)) in told {
        work.mail(OutboxRow {
            academy_id: Some(academy_id),
            kind: MailKind::SessionsClash,
            person_id,
            booking_id: Some(booking),
            token_id: None,
            refs: serde_json::json!({}),
        });
    }
    Ok(())
}

fn clashes_of(row: &Row, changed: &[SessionTime]) -> Vec<Clash> {
    let place = PlaceElsewhere {
        booking: BookingId(row.other_id),
        academy_id: AcademyId(row.academy_id),
        cohort_id: CohortId(row.cohort_id),
        person_id: PersonId(row.person_id),
        booked_by_client: row.booked_by_client.map(ClientId),
    };
    let span = Span { starts_at: row.starts_at, ends_at: row.ends_at };
    clashes(changed, place, &[SessionTime { title: row.title.clone(), span }])
}

/// The sessions somewhere `around` of other cohorts in which this one's participants are confirmed too.
async fn confirmed_elsewhere(work: &Work, cohort: CohortId, around: Span) -> Result<Vec<Row>> {
    let text = "SELECT b.id AS booking_id, b.academy_id AS own_academy, b.person_id, o.id AS other_id, o.academy_id, \
                o.cohort_id, o.booked_by_client, s.title, s.starts_at, s.ends_at FROM booking b \
                JOIN booking o ON o.person_id = b.person_id AND o.status = 'confirmed' AND o.cohort_id <> b.cohort_id \
                JOIN session s ON s.cohort_id = o.cohort_id AND s.starts_at < $2 AND s.ends_at > $3 \
                WHERE b.cohort_id = $1 AND b.status = 'confirmed'";
    let values = [cohort.0.into(), around.ends_at.into(), around.starts_at.into()];
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    Ok(Row::find_by_statement(statement).all(work.connection()).await?)
}
