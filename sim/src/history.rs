//! The whole history of a run as one hash, and as lines where somebody wants to read it.

use crate::store::rows::Write;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What happened so far.
#[derive(Debug, Default)]
pub(crate) struct History {
    hasher: DefaultHasher,
    lines: Option<Vec<String>>,
}

impl History {
    /// One that also keeps lines.
    pub(crate) fn with_lines() -> Self {
        Self { lines: Some(Vec::new()), ..Self::default() }
    }

    /// Notes something.
    pub(crate) fn note(&mut self, what: &'static str, of: &[u64]) {
        what.hash(&mut self.hasher);
        of.hash(&mut self.hasher);
        if let Some(lines) = &mut self.lines {
            let mut line = what.to_owned();
            for n in of {
                let _ = write!(line, " {n}");
            }
            lines.push(line);
        }
    }

    /// Notes something that takes words.
    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(line());
        }
    }

    /// Notes a row that is written.
    pub(crate) fn write(&mut self, write: &Write) {
        let hasher = &mut self.hasher;
        match write {
            Write::Desk(row) => (&row.head_hash, row.version, row.places_taken).hash(hasher),
            Write::Booking(row) => {
                (row.id, row.status, row.closed_reason, row.rank, row.lapses, row.claim_due_at).hash(hasher);
                (row.choice, row.carried_from, row.left_for).hash(hasher);
            }
            Write::Entry(cohort, entry) => (cohort, &entry.entry_hash).hash(hasher),
            Write::Person(row) => (row.id, row.email_verified_at, row.known).hash(hasher),
            Write::Attendance(key, from) => (key, from).hash(hasher),
            Write::Taster(row) => (row.id, row.ends_at, row.sealed_at).hash(hasher),
            Write::Form(form, when_placed) => (form, when_placed).hash(hasher),
            Write::Key(op, answer) => (op, answer).hash(hasher),
        }
        if let Some(lines) = &mut self.lines {
            lines.push(format!("    {}", line_of(write)));
        }
    }

    /// The hash of all so far.
    pub(crate) fn hash(&self) -> u64 {
        self.hasher.finish()
    }

    /// The lines, where they were kept.
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}

fn line_of(write: &Write) -> String {
    match write {
        Write::Desk(row) => format!(
            "desk {} version {} taken {}/{} waiting {} {:?} starts {:?}",
            row.cohort,
            row.version,
            row.places_taken,
            row.terms.capacity.get(),
            row.waiting_count,
            row.terms,
            row.first_session_at
        ),
        Write::Booking(row) => format!("{row:?}"),
        Write::Entry(cohort, entry) => {
            format!("entry {cohort} {}", entry.to_json())
        }
        Write::Person(row) => format!("{row:?}"),
        Write::Attendance(key, from) => format!("attendance {key:?} {from:?}"),
        Write::Taster(row) => format!("{row:?}"),
        Write::Form(form, when_placed) => format!("form {form:?} {when_placed:?}"),
        Write::Key(op, answer) => format!("key {op} {answer:?}"),
    }
}
