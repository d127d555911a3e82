//! Sessions on the wire.

use super::cohort_wire::whole;
use super::fields::{MeetingField, PersonRef};
use super::wire::{MeetingInput, MeetingView};
use crate::http::faults::Faults;
use crate::http::fields::{Line, Moment, Paragraphs, Whole, Zone};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deserr::Deserr;
use domain::catalogue::meeting::{Meeting, When};
use domain::catalogue::series::{Every, Series};
use domain::catalogue::{Session, limits};
use domain::fault::Fault;
use domain::ids::PersonId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is said of a session. It can span days.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "title": "Session 1", "startsAt": "2027-03-02T14:00:00Z", "endsAt": "2027-03-02T16:00:00Z",
    "timeZone": "Europe/London",
    "meeting": {"kind": "online", "joinUrl": "https://zoom.us/j/98933144569"}
}))]
pub(crate) struct SessionInput {
    /// Its title.
    title: Line<{ limits::TITLE }>,
    /// Its start, with an offset.
    starts_at: Moment,
    /// Its end, after its start.
    ends_at: Moment,
    /// IANA zone that it is shown in; the academy's unless said.
    #[deserr(default)]
    time_zone: Option<Zone>,
    /// Where; join details are shown to those with a confirmed place.
    meeting: MeetingField,
    /// Who runs it: a facilitator, coordinator or admin of the academy.
    #[deserr(default)]
    facilitator_id: Option<PersonRef>,
    /// What is asked of those who come: access needs, diet.
    #[deserr(default)]
    asks_for: Option<Paragraphs<{ limits::NOTE }>>,
    /// By when participants say which adjustments they need, at the latest its start; it asks for none without.
    #[deserr(default)]
    adjustments_until: Option<Moment>,
}

pub(super) struct SessionParts {
    pub(super) title: String,
    pub(super) when: When,
    pub(super) meeting: Meeting,
    pub(super) facilitator_id: Option<PersonId>,
    pub(super) asks_for: Option<String>,
    pub(super) adjustments_until: Option<DateTime<Utc>>,
}

impl SessionInput {
    pub(super) fn into_parts(self, zone: Tz) -> Result<SessionParts, Vec<Fault>> {
        let zone = self.time_zone.map_or(zone, |zone| zone.0);
        let when = When::new(self.starts_at.0, self.ends_at.0, zone).map_err(|fault| vec![fault])?;
        Ok(SessionParts {
            title: self.title.0,
            when,
            meeting: self.meeting.0,
            facilitator_id: self.facilitator_id.map(|id| id.0),
            asks_for: self.asks_for.map(|text| text.0),
            adjustments_until: self.adjustments_until.map(|until| until.0),
        })
    }
}

/// The fields of a session that staff write.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionFields {
    title: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    time_zone: &'static str,
    meeting: MeetingInput,
    facilitator_id: Option<Uuid>,
    asks_for: Option<String>,
    adjustments_until: Option<DateTime<Utc>>,
}

impl From<&Session> for SessionFields {
    fn from(session: &Session) -> Self {
        Self {
            title: session.title.clone(),
            starts_at: session.when.starts_at,
            ends_at: session.when.ends_at,
            time_zone: session.when.zone.name(),
            meeting: MeetingInput::from(&session.meeting),
            facilitator_id: session.facilitator_id.map(|id| id.0),
            asks_for: session.asks_for.clone(),
            adjustments_until: session.adjustments_until,
        }
    }
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session, example = json!({
    "id": "019b0000-0000-7000-8000-000000000005", "academyId": "019b0000-0000-7000-8000-000000000001",
    "cohortId": "019b0000-0000-7000-8000-000000000003", "seriesId": null, "title": "Session 1",
    "startsAt": "2027-03-02T14:00:00Z", "endsAt": "2027-03-02T16:00:00Z", "timeZone": "Europe/London",
    "meeting": {"kind": "online", "joinUrl": null, "meetingId": null, "passcode": null},
    "facilitatorId": null, "asksFor": null, "adjustmentsUntil": "2027-02-23T12:00:00Z",
    "createdAt": "2027-01-05T09:00:00Z", "updatedAt": "2027-01-05T09:00:00Z"
}))]
pub(crate) struct SessionView {
    /// Its id.
    id: Uuid,
    /// Whose it is.
    academy_id: Uuid,
    /// Of which cohort.
    cohort_id: Uuid,
    /// The series that made it.
    series_id: Option<Uuid>,
    /// Its title.
    title: String,
    /// Its start.
    starts_at: DateTime<Utc>,
    /// Its end.
    ends_at: DateTime<Utc>,
    /// IANA zone that it is shown in.
    time_zone: &'static str,
    /// Where.
    meeting: MeetingView,
    /// Who runs it; null to callers without its join details.
    facilitator_id: Option<Uuid>,
    /// What is asked of those who come.
    asks_for: Option<String>,
    /// By when participants say which adjustments they need; null: it asks for none.
    adjustments_until: Option<DateTime<Utc>>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl SessionView {
    /// With its join details or without (PRG-5).
    pub(super) fn of(session: &Session, with_join_details: bool) -> Self {
        Self {
            id: session.id.0,
            academy_id: session.academy_id.0,
            cohort_id: session.cohort_id.0,
            series_id: session.series_id,
            title: session.title.clone(),
            starts_at: session.when.starts_at,
            ends_at: session.when.ends_at,
            time_zone: session.when.zone.name(),
            meeting: MeetingView::of(&session.meeting, with_join_details),
            facilitator_id: session.facilitator_id.filter(|_| with_join_details).map(|id| id.0),
            asks_for: session.asks_for.clone(),
            adjustments_until: session.adjustments_until,
            created_at: session.created_at,
            updated_at: session.updated_at,
        }
    }
}

/// How far apart the sessions of a series are: one of the two.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"weeks": 1}))]
pub(crate) struct EveryInput {
    /// So many weeks.
    #[deserr(default)]
    weeks: Option<Whole<1, 52>>,
    /// So many months, counted from the first date; a missing day is the month's last.
    #[deserr(default)]
    months: Option<Whole<1, 12>>,
}

impl EveryInput {
    /// # Errors
    /// At `/every`, where it isn't one of the two.
    pub(super) fn into_every(self) -> Result<Every, Fault> {
        match (self.weeks, self.months) {
            (Some(weeks), None) => Ok(Every::Weeks(whole(weeks))),
            (None, Some(months)) => Ok(Every::Months(whole(months))),
            _ => Err(Fault::new("/every", "required", "must have either weeks or months")),
        }
    }
}

/// How many sessions a series has.
pub(super) type SeriesCount = Whole<1, 100>;

/// A series of sessions: weekly or monthly, at the same time by the clock on the wall.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "title": "Session", "firstStartsAt": "2027-03-10T14:00:00Z", "durationMinutes": 120, "count": 6,
    "every": {"weeks": 1}, "timeZone": "Europe/London",
    "meeting": {"kind": "online", "joinUrl": "https://zoom.us/j/98933144569"}
}))]
pub(crate) struct SeriesInput {
    /// The title; each session has its number added: `Session 1`.
    title: Line<{ limits::TITLE }>,
    /// The first one's start, with an offset.
    first_starts_at: Moment,
    /// How long each lasts, in minutes.
    duration_minutes: Whole<1, 44_640>,
    /// How many there are.
    count: SeriesCount,
    /// How far apart.
    every: EveryInput,
    /// IANA zone whose wall-clock time is kept; the academy's unless said.
    #[deserr(default)]
    time_zone: Option<Zone>,
    /// Where, for all of them.
    meeting: MeetingField,
    /// Who runs them.
    #[deserr(default)]
    facilitator_id: Option<PersonRef>,
    /// What is asked of those who come: access needs, diet.
    #[deserr(default)]
    asks_for: Option<Paragraphs<{ limits::NOTE }>>,
}

pub(super) struct SeriesParts {
    pub(super) title: String,
    pub(super) series: Series,
    pub(super) meeting: Meeting,
    pub(super) facilitator_id: Option<PersonId>,
    pub(super) asks_for: Option<String>,
}

impl SeriesInput {
    pub(super) fn into_parts(self, zone: Tz) -> Result<SeriesParts, Vec<Fault>> {
        let every = self.every.into_every().map_err(|fault| vec![fault])?;
        Ok(SeriesParts {
            title: self.title.0,
            series: Series {
                first: self.first_starts_at.0,
                minutes: self.duration_minutes.0,
                count: whole(self.count),
                every,
                zone: self.time_zone.map_or(zone, |zone| zone.0),
            },
            meeting: self.meeting.0,
            facilitator_id: self.facilitator_id.map(|id| id.0),
            asks_for: self.asks_for.map(|text| text.0),
        })
    }
}

/// Something that staff should know of a series.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "index": 1, "code": "repeated-local-time",
    "detail": "session 2: 01:30 on 25 October 2026 comes twice in Europe/London because the clocks go back; the first of the two is taken"
}))]
pub(crate) struct SeriesNotice {
    /// Of which item, from 0.
    pub(super) index: usize,
    /// `repeated-local-time`.
    pub(super) code: &'static str,
    /// A sentence.
    pub(super) detail: String,
}

/// The sessions that a series made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"items": [], "notices": []}))]
pub(crate) struct SeriesView {
    /// The sessions, in their order.
    pub(super) items: Vec<SessionView>,
    /// What staff should know of it: local times that come twice.
    pub(super) notices: Vec<SeriesNotice>,
}
