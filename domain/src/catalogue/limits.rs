//! How long and how many: the bounds of everything that the catalogue takes, in one place.
//!
//! Lengths are in characters. The joining form and eligibility keep theirs beside their parsers.

/// Names of people, academies, venues; titles of meetings.
pub const NAME: usize = 200;
/// A title.
pub const TITLE: usize = 200;
/// A summary, shown in lists.
pub const SUMMARY: usize = 1_000;
/// A description, an audience, the CommonMark of one section.
pub const PROSE: usize = 20_000;
/// A biography.
pub const BIOGRAPHY: usize = 5_000;
/// A quotation, a note, what is asked of those who come.
pub const NOTE: usize = 2_000;
/// One line of a list, such as a benefit or a fee.
pub const LINE: usize = 500;
/// A phone number, a meeting id, a passcode.
pub const SHORT: usize = 60;
/// An address of a web page or a meeting.
pub const URL: usize = 2_000;
/// Entries of one list on a programme's page.
pub const ENTRIES: usize = 50;
/// Sessions that one series makes.
pub const SERIES: u32 = 100;
/// Sessions of one cohort.
pub const SESSIONS: usize = 500;
/// Longest session or taster, in days: one can span days (PRG-4).
pub const SPAN_DAYS: i64 = 31;
/// Nights of one residential meeting.
pub const NIGHTS: u32 = 31;
/// Characters that a search takes.
pub const SEARCH: usize = 200;
