//! Bookings, the ledger, attendance and interest: where places are given out.

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0003_admission"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::sql::run(manager, UP).await?;
        crate::sql::append_only(manager, "ledger_entry").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::sql::run(manager, DOWN).await
    }
}

/// `cohort_desk` is the small hot row of a cohort: its terms of admission, its counts and the head of its
/// ledger. Its CHECK is the wall behind ADM-8. `booking_live` is the wall behind ADM-1.
const UP: &str = r"
CREATE TABLE cohort_desk (
  cohort_id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  programme_id uuid NOT NULL,
  capacity bigint NOT NULL CHECK (capacity BETWEEN 1 AND 100000),
  places_taken bigint NOT NULL,
  waiting_count bigint NOT NULL CHECK (waiting_count >= 0),
  waiting_list boolean NOT NULL,
  vacancies text NOT NULL CHECK (vacancies IN ('offer', 'automatic')),
  offer_window_hours bigint NOT NULL CHECK (offer_window_hours >= 1),
  offers_stop_hours bigint NOT NULL CHECK (offers_stop_hours >= 0),
  after_lapse text NOT NULL CHECK (after_lapse IN ('close', 'requeue')),
  settles_first text NOT NULL CHECK (settles_first IN ('at_opening', 'tasters_sealed')),
  sealed_after_hours bigint,
  booking_opens_at timestamptz,
  booking_closes_at timestamptz,
  first_session_at timestamptz,
  opened boolean NOT NULL,
  sealed boolean NOT NULL,
  closed boolean NOT NULL,
  ended text CHECK (ended IN ('completed', 'cancelled')),
  version bigint NOT NULL CHECK (version >= 0),
  claim_sequence bigint NOT NULL CHECK (claim_sequence >= 0),
  head_hash text NOT NULL,
  head_recorded_at timestamptz NOT NULL,
  tail_moment timestamptz,
  tail_submitted_at timestamptz,
  CHECK (places_taken BETWEEN 0 AND capacity),
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id)
)
--;
CREATE INDEX cohort_desk_programme ON cohort_desk (programme_id)
--;
CREATE INDEX cohort_desk_opening ON cohort_desk (booking_opens_at) WHERE opened = false
--;
CREATE INDEX cohort_desk_closing ON cohort_desk (booking_closes_at) WHERE closed = false
--;
CREATE TABLE booking (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  cohort_id uuid NOT NULL,
  programme_id uuid NOT NULL,
  person_id uuid NOT NULL REFERENCES person (id),
  booked_by_person uuid REFERENCES person (id),
  booked_by_client uuid,
  told text,
  vouched boolean NOT NULL,
  status text NOT NULL CHECK (status IN
    ('pending', 'waiting', 'offered', 'confirmed', 'completed', 'not_completed', 'closed')),
  closed_reason text,
  answers text NOT NULL,
  commits_to_all_sessions boolean NOT NULL,
  external_reference text,
  submitted_at timestamptz NOT NULL,
  eligible_since timestamptz,
  claim_due_at timestamptz,
  claim_sequence bigint,
  claim_moment timestamptz,
  claim_version bigint,
  entry_hash text,
  previous_hash text,
  rank_moment timestamptz,
  rank_submitted_at timestamptz,
  rank_sequence bigint,
  offer_expires_at timestamptz,
  lapses bigint NOT NULL,
  cohort_version bigint,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (academy_id, id),
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id),
  FOREIGN KEY (academy_id, booked_by_client) REFERENCES client (academy_id, id),
  CHECK ((status = 'closed') = (closed_reason IS NOT NULL)),
  CHECK ((status = 'offered') = (offer_expires_at IS NOT NULL)),
  CHECK (status <> 'pending' OR claim_sequence IS NULL),
  CHECK (status NOT IN ('waiting', 'offered', 'confirmed', 'completed', 'not_completed')
         OR claim_sequence IS NOT NULL)
)
--;
CREATE UNIQUE INDEX booking_live ON booking (cohort_id, person_id) WHERE status <> 'closed'
--;
CREATE INDEX booking_waiting ON booking (cohort_id, rank_moment, rank_submitted_at, rank_sequence)
  WHERE status = 'waiting'
--;
CREATE INDEX booking_offered ON booking (cohort_id, offer_expires_at) WHERE status = 'offered'
--;
CREATE INDEX booking_offer_due ON booking (offer_expires_at) WHERE status = 'offered'
--;
CREATE INDEX booking_claim_due ON booking (cohort_id, claim_due_at) WHERE status = 'pending' AND claim_due_at IS NOT NULL
--;
CREATE INDEX booking_cohort ON booking (cohort_id, id)
--;
CREATE INDEX booking_person ON booking (person_id, id)
--;
CREATE INDEX booking_reference ON booking (cohort_id, external_reference) WHERE external_reference IS NOT NULL
--;
CREATE TABLE ledger_entry (
  cohort_id uuid NOT NULL,
  version bigint NOT NULL CHECK (version >= 1),
  academy_id uuid NOT NULL,
  kind text NOT NULL,
  sequence bigint,
  booking_id uuid,
  moment timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  facts text NOT NULL,
  decisions text NOT NULL,
  previous_hash text NOT NULL,
  entry_hash text NOT NULL,
  PRIMARY KEY (cohort_id, version),
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id)
)
--;
CREATE UNIQUE INDEX ledger_entry_sequence ON ledger_entry (cohort_id, sequence) WHERE sequence IS NOT NULL
--;
CREATE TABLE attendance (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  taster_id uuid NOT NULL,
  programme_id uuid NOT NULL,
  address text NOT NULL,
  full_name text,
  minutes bigint,
  source text NOT NULL CHECK (source IN ('staff', 'code', 'import')),
  person_id uuid REFERENCES person (id),
  recorded_by_client uuid,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  FOREIGN KEY (academy_id, taster_id) REFERENCES taster (academy_id, id),
  FOREIGN KEY (academy_id, programme_id) REFERENCES programme (academy_id, id)
)
--;
CREATE UNIQUE INDEX attendance_held_by_email ON attendance (taster_id, address) WHERE person_id IS NULL
--;
CREATE UNIQUE INDEX attendance_of_registration ON attendance (taster_id, person_id) WHERE person_id IS NOT NULL
--;
CREATE INDEX attendance_person ON attendance (person_id) WHERE person_id IS NOT NULL
--;
CREATE INDEX attendance_address ON attendance (address, programme_id, effective_at)
--;
CREATE TABLE check_in_try (
  person_id uuid NOT NULL REFERENCES person (id),
  hour_start timestamptz NOT NULL,
  wrong bigint NOT NULL,
  PRIMARY KEY (person_id, hour_start)
)
--;
CREATE TABLE refused_attempt (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  cohort_id uuid NOT NULL,
  person_id uuid NOT NULL REFERENCES person (id),
  code text NOT NULL,
  attempted_at timestamptz NOT NULL,
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id)
)
--;
CREATE INDEX refused_attempt_person ON refused_attempt (cohort_id, person_id)
--;
CREATE TABLE interest (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  programme_id uuid NOT NULL,
  address text NOT NULL,
  as_typed text NOT NULL,
  full_name text NOT NULL,
  job_role text,
  staff_group text,
  organisation_id uuid REFERENCES organisation (id),
  organisation_name text,
  sector text,
  locality text,
  note text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  FOREIGN KEY (academy_id, programme_id) REFERENCES programme (academy_id, id),
  UNIQUE (programme_id, address)
)
";

const DOWN: &str = r"
DROP TABLE interest --; DROP TABLE refused_attempt --; DROP TABLE check_in_try --; DROP TABLE attendance --;
DROP TABLE ledger_entry --; DROP TABLE booking --; DROP TABLE cohort_desk
";
