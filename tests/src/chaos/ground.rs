//! On what a run stands: the database, and the disk under it.

use super::Options;
use crate::disk::{Disk, Filling};
use crate::postgres::Pair;
use crate::{Database, Kind};

/// Room for SQLite's files, in megabytes.
const ROOM: u32 = 64;

/// The database of a run.
pub(super) enum Ground {
    /// PostgreSQL with its standby.
    Postgres(Box<Pair>),
    /// A file, on a disk of its own where that was wanted and could be had.
    Sqlite(Database, Option<Disk>),
}

impl Ground {
    /// `None` where there is no PostgreSQL. Not to be called inside a runtime.
    pub(super) fn prepare(options: Options) -> Option<Self> {
        Some(match options.kind {
            Kind::Postgres => Self::Postgres(Box::new(Pair::start(options.full_disks)?)),
            Kind::Sqlite => {
                let disk = if options.full_disks { Disk::mount(ROOM) } else { None };
                let on_disk =
                    |disk: &Disk| Database::at(format!("sqlite://{}/academy.db", disk.path().display()));
                let database = disk.as_ref().map(on_disk).or_else(|| Database::empty(Kind::Sqlite))?;
                Self::Sqlite(database, disk)
            }
        })
    }

    pub(super) fn database(&self) -> Database {
        match self {
            Self::Postgres(pair) => Database::at(pair.url()),
            Self::Sqlite(database, _) => database.clone(),
        }
    }

    /// Takes all room on its disk until the answer is dropped; `None` where the disk is not its own.
    pub(super) fn fill(&self) -> Option<Filling> {
        match self {
            Self::Postgres(pair) => pair.fill(),
            Self::Sqlite(_, disk) => disk.as_ref().map(Disk::fill),
        }
    }
}
