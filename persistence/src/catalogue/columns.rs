//! Columns that hold JSON or a word, read and written alike in every table of this room.

use crate::{Result, StoreError};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::catalogue::meeting::{Meeting, When, time_zone};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// A row, for naming what is corrupt in it.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) table: &'static str,
    pub(super) row: Uuid,
}

impl At {
    pub(super) fn corrupt(self, column: &'static str) -> StoreError {
        StoreError::corrupt(self.table, column, self.row)
    }

    pub(super) fn json<T: DeserializeOwned>(self, column: &'static str, text: &str) -> Result<T> {
        serde_json::from_str(text).map_err(|_| self.corrupt(column))
    }

    pub(super) fn zone(self, text: &str) -> Result<Tz> {
        time_zone(text).map_err(|_| self.corrupt("time_zone"))
    }

    pub(super) fn when(self, starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, zone: &str) -> Result<When> {
        Ok(When { starts_at, ends_at, zone: self.zone(zone)? })
    }

    pub(super) fn meeting(self, text: &str) -> Result<Meeting> {
        self.json("meeting", text)
    }
}

/// A value as JSON text; these types of ours always have one.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
