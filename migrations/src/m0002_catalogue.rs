//! Programmes, tasters, cohorts and sessions.

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0002_catalogue"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::sql::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::sql::run(manager, DOWN).await
    }
}

/// `page` holds the plain fields of a programme's page (PRG-1) as one JSON object; what is filtered,
/// searched or decided on has a column. `gate` is the cohort's copy of its programme's requirements (ADM-2).
const UP: &str = r"
CREATE TABLE programme (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL REFERENCES academy (id),
  slug text NOT NULL,
  title text NOT NULL,
  summary text NOT NULL,
  description text,
  format text NOT NULL CHECK (format IN ('cohort', 'pathway', 'one_to_one')),
  status text NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
  topics text NOT NULL,
  page text NOT NULL,
  requires_taster boolean NOT NULL,
  commits_to_all_sessions boolean NOT NULL,
  confidential boolean NOT NULL,
  eligibility text,
  joining_form text NOT NULL,
  search_text text NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  published_at timestamptz,
  archived_at timestamptz,
  UNIQUE (academy_id, slug),
  UNIQUE (academy_id, id)
)
--;
CREATE INDEX programme_public ON programme (status, id)
--;
CREATE TABLE taster (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  programme_id uuid NOT NULL,
  title text NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  time_zone text NOT NULL,
  meeting text NOT NULL,
  facilitator_id uuid REFERENCES person (id),
  check_in_code text NOT NULL,
  sealed_at timestamptz,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (academy_id, id),
  FOREIGN KEY (academy_id, programme_id) REFERENCES programme (academy_id, id),
  CHECK (ends_at > starts_at)
)
--;
CREATE INDEX taster_programme ON taster (programme_id, starts_at, id)
--;
CREATE TABLE cohort (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  programme_id uuid NOT NULL,
  title text NOT NULL,
  description text,
  announced_for text,
  minimum bigint,
  minimum_decided_by timestamptz,
  gate text NOT NULL,
  joining_form text NOT NULL,
  eligibility text,
  confidential boolean NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (academy_id, id),
  FOREIGN KEY (academy_id, programme_id) REFERENCES programme (academy_id, id)
)
--;
CREATE INDEX cohort_programme ON cohort (programme_id, id)
--;
CREATE TABLE session (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  cohort_id uuid NOT NULL,
  series_id uuid,
  title text NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  time_zone text NOT NULL,
  meeting text NOT NULL,
  facilitator_id uuid REFERENCES person (id),
  asks_for text,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (academy_id, id),
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id),
  CHECK (ends_at > starts_at)
)
--;
CREATE INDEX session_cohort ON session (cohort_id, starts_at, id)
--;
CREATE TABLE catalogue_version (
  id bigint PRIMARY KEY CHECK (id = 1),
  version bigint NOT NULL
)
--;
INSERT INTO catalogue_version (id, version) VALUES (1, 1)
";

const DOWN: &str = r"
DROP TABLE catalogue_version --; DROP TABLE session --; DROP TABLE cohort --; DROP TABLE taster --; DROP TABLE programme
";
