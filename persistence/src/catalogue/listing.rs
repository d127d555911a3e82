//! What the public listing and public states are made of (PRG-10).

use super::cohorts::announcements;
use super::programmes::{Wanted, published};
use crate::admission::{DeskRow, desks};
use crate::{Access, Result};
use chrono::{DateTime, Utc};
use domain::admission::SettlesFirst;
use domain::catalogue::programme::Programme;
use domain::catalogue::public_state::{CohortFacts, Month, next_change, programme_state};
use domain::ids::{CohortId, ProgrammeId};
use domain::text;
use std::collections::HashMap;
use uuid::Uuid;

/// How many programmes are looked at in one go.
const STRIDE: u64 = 200;

/// What the listing is narrowed by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// What the database narrows by.
    pub wanted: Wanted,
    /// Not excluded by eligibility with this job role.
    pub job_role: Option<String>,
    /// Booking is open now, waiting list included.
    pub open: bool,
}

/// A programme with its cohorts.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The programme.
    pub programme: Programme,
    /// What its state follows from.
    pub cohorts: Vec<CohortFacts>,
}

/// A stretch of the listing.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    /// The programmes.
    pub listed: Vec<Listed>,
    /// When something of it changes next by the clock alone.
    pub changes_at: Option<DateTime<Utc>>,
}

/// Published programmes that pass the filters, after `after`: at most `limit`.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn listing(
    db: &impl Access,
    filters: &Filters,
    mut after: Option<Uuid>,
    limit: u64,
    now: DateTime<Utc>,
) -> Result<Stretch> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let narrows = filters.open || filters.job_role.is_some() || filters.wanted.topic.is_some();
    let stride = if narrows { STRIDE } else { limit as u64 };
    let mut stretch = Stretch::default();
    loop {
        let programmes = published(db, &filters.wanted, after, stride).await?;
        let is_last = (programmes.len() as u64) < stride;
        after = programmes.last().map(|programme| programme.id.0);
        let mut facts = cohort_facts(db, &programmes, now).await?;
        for programme in programmes {
            let cohorts = facts.remove(&programme.id).unwrap_or_default();
            let change = next_change(&cohorts, now);
            stretch.changes_at = [stretch.changes_at, change].into_iter().flatten().min();
            if passes(filters, &programme, &cohorts, now) && stretch.listed.len() < limit {
                stretch.listed.push(Listed { programme, cohorts });
            }
        }
        if is_last || stretch.listed.len() >= limit {
            return Ok(stretch);
        }
    }
}

fn passes(filters: &Filters, programme: &Programme, cohorts: &[CohortFacts], now: DateTime<Utc>) -> bool {
    let content = &programme.content;
    let topic_fits = filters.wanted.topic.as_ref().is_none_or(|topic| {
        let topic = text::words(topic);
        content.topics.iter().any(|own| text::words(own) == topic)
    });
    let role_fits = filters.job_role.as_ref().is_none_or(|role| {
        content.gate.eligibility.as_ref().is_none_or(|rules| !rules.excludes_job_role(role))
    });
    topic_fits && role_fits && (!filters.open || programme_state(false, cohorts, now).0.is_open())
}

/// What the public states of these programmes follow from.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn cohort_facts(
    db: &impl Access,
    programmes: &[Programme],
    now: DateTime<Utc>,
) -> Result<HashMap<ProgrammeId, Vec<CohortFacts>>> {
    let published: HashMap<ProgrammeId, bool> =
        programmes.iter().map(|programme| (programme.id, programme.lifecycle.is_published())).collect();
    let mut found: HashMap<ProgrammeId, Vec<CohortFacts>> = HashMap::new();
    if programmes.is_empty() {
        return Ok(found);
    }
    let ids: Vec<ProgrammeId> = programmes.iter().map(|programme| programme.id).collect();
    let cohorts = announcements(db, &ids).await?;
    let ids: Vec<CohortId> = cohorts.iter().map(|(id, ..)| *id).collect();
    let desks = desks(db, &ids).await?;
    for (id, programme, month) in cohorts {
        let Some(desk) = desks.get(&id) else { continue };
        let is_published = published.get(&programme).copied().unwrap_or(false);
        found.entry(programme).or_default().push(facts_of(desk, is_published, month, now));
    }
    Ok(found)
}

/// What the public state of a cohort follows from.
pub fn facts_of(
    desk: &DeskRow,
    published: bool,
    announced_for: Option<Month>,
    now: DateTime<Utc>,
) -> CohortFacts {
    let terms = &desk.terms;
    CohortFacts {
        id: desk.cohort_id,
        status: desk.status(now),
        published,
        capacity: terms.capacity.get(),
        places_taken: desk.places_taken,
        kept_back: desk.places_free() - desk.places_open_to_all(),
        waiting: u32::try_from(desk.waiting_count).unwrap_or(u32::MAX),
        waiting_list: terms.waiting_list,
        settled: desk.opened && (terms.settles_first == SettlesFirst::AtOpening || desk.sealed),
        opens_at: terms.booking_opens_at,
        closes_at: terms.booking_closes_at,
        first_session_at: desk.first_session_at,
        announced_for,
    }
}
