//! People, organisations, sign-in, roles and clients.

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0001_identity"
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

const UP: &str = r"
CREATE TABLE academy (
  id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE,
  name text NOT NULL,
  region text NOT NULL,
  contact_email text NOT NULL,
  time_zone text NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
)
--;
CREATE TABLE organisation (
  id uuid PRIMARY KEY,
  name text,
  ods_code text UNIQUE,
  sector text,
  region text,
  locality text,
  postcode text,
  search_text text NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
)
--;
CREATE TABLE reference_item (
  list text NOT NULL,
  code text NOT NULL,
  label text NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (list, code)
)
--;
CREATE TABLE person (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('registered', 'known', 'verified', 'ended')),
  full_name text,
  job_role text,
  staff_group text,
  qualifications text NOT NULL,
  leads_or_manages boolean,
  organisation_id uuid REFERENCES organisation (id),
  organisation_name text,
  region text,
  sector text,
  line_manager_id uuid REFERENCES person (id),
  platform_admin boolean NOT NULL,
  password_hash text,
  privacy_notice_version text,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
)
--;
CREATE TABLE person_email (
  id uuid PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES person (id),
  address text NOT NULL,
  as_typed text NOT NULL,
  standing text NOT NULL CHECK (standing IN ('registered', 'known', 'verified')),
  verified_at timestamptz,
  created_at timestamptz NOT NULL,
  CHECK ((standing = 'verified') = (verified_at IS NOT NULL))
)
--;
CREATE UNIQUE INDEX person_email_verified ON person_email (address) WHERE standing = 'verified'
--;
CREATE UNIQUE INDEX person_email_known ON person_email (address) WHERE standing = 'known'
--;
CREATE INDEX person_email_address ON person_email (address)
--;
CREATE INDEX person_email_person ON person_email (person_id)
--;
CREATE TABLE session_family (
  id uuid PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES person (id),
  sequence bigint NOT NULL,
  rotated_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
)
--;
CREATE INDEX session_family_person ON session_family (person_id)
--;
CREATE TABLE mail_token (
  id uuid PRIMARY KEY,
  purpose text NOT NULL,
  person_id uuid NOT NULL REFERENCES person (id),
  booking_id uuid,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
)
--;
CREATE INDEX mail_token_person ON mail_token (person_id)
--;
CREATE TABLE member (
  academy_id uuid NOT NULL REFERENCES academy (id),
  person_id uuid NOT NULL REFERENCES person (id),
  role text NOT NULL CHECK (role IN ('academy_admin', 'coordinator', 'facilitator', 'supervisor')),
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (academy_id, person_id)
)
--;
CREATE INDEX member_person ON member (person_id)
--;
CREATE TABLE member_invitation (
  id uuid NOT NULL UNIQUE,
  academy_id uuid NOT NULL REFERENCES academy (id),
  address text NOT NULL,
  role text NOT NULL CHECK (role IN ('academy_admin', 'coordinator', 'facilitator', 'supervisor')),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (academy_id, address)
)
--;
CREATE TABLE client (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL REFERENCES academy (id),
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('partner', 'operations')),
  scopes text NOT NULL,
  vouches_for_emails boolean NOT NULL,
  secret_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz,
  UNIQUE (academy_id, id)
)
--;
CREATE TABLE server_key (
  id uuid PRIMARY KEY,
  purpose text NOT NULL CHECK (purpose IN ('signing', 'secret')),
  material text NOT NULL,
  created_at timestamptz NOT NULL,
  retired_at timestamptz
)
--;
CREATE UNIQUE INDEX server_key_live ON server_key (purpose) WHERE retired_at IS NULL
";

const DOWN: &str = r"
DROP TABLE server_key --; DROP TABLE client --; DROP TABLE member_invitation --; DROP TABLE member --;
DROP TABLE mail_token --; DROP TABLE session_family --; DROP TABLE person_email --; DROP TABLE person --;
DROP TABLE reference_item --; DROP TABLE organisation --; DROP TABLE academy
";
