//! What takes place at the same time, and why a facilitator can't run it all (PRG-6).

use crate::fault::Fault;
use crate::ids::AcademyId;
use crate::time::wire;
use chrono::{DateTime, Utc};

/// From a start to an end. The end is no part of it: one meeting can begin at the moment at which another ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Its start.
    pub starts_at: DateTime<Utc>,
    /// Its end, after the start.
    pub ends_at: DateTime<Utc>,
}

impl Span {
    /// Whether there is a moment that belongs to both.
    pub fn overlaps(self, other: Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }

    /// The least span that holds all of these; none where there are none.
    pub fn around(spans: impl IntoIterator<Item = Self>) -> Option<Self> {
        spans.into_iter().reduce(|around, span| Self {
            starts_at: around.starts_at.min(span.starts_at),
            ends_at: around.ends_at.max(span.ends_at),
        })
    }

    /// It in words, as moments of the API.
    pub(crate) fn told(self) -> String {
        format!("{} to {}", wire(self.starts_at), wire(self.ends_at))
    }
}

/// A session or taster that somebody runs already.
#[derive(Clone, Debug)]
pub struct Engagement {
    /// Whose it is.
    pub academy_id: AcademyId,
    /// Its title.
    pub title: String,
    /// When.
    pub span: Span,
}

/// Why one facilitator can't run these meetings of an academy: each pair of meetings that overlap, those that are wanted
/// among each other too (PRG-6). Of another academy's meeting only the time is told (ACC-3).
pub fn double_booked(academy: AcademyId, wanted: &[(String, Span)], engaged: &[Engagement]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, (title, span)) in wanted.iter().enumerate() {
        let own = format!("“{title}” ({})", span.told());
        let others = wanted[index + 1..].iter().filter(|(_, other)| span.overlaps(*other));
        let among = others.map(|(title, other)| format!("“{title}” ({})", other.told()));
        let elsewhere = engaged.iter().filter(|engaged| span.overlaps(engaged.span)).map(|engaged| {
            let of = if engaged.academy_id == academy {
                format!("“{}”", engaged.title)
            } else {
                "a meeting of another academy".to_owned()
            };
            format!("{of} ({})", engaged.span.told())
        });
        faults.extend(among.chain(elsewhere).map(|other| {
            let detail = format!("{own} overlaps with {other}, and one person can't run both");
            Fault::new("/facilitatorId", "session-clash", detail)
        }));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use uuid::Uuid;

    fn span(from: i64, to: i64) -> Span {
        let at = |minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        Span { starts_at: at(from), ends_at: at(to) }
    }

    fn engaged(academy: u128, from: i64, to: i64) -> Engagement {
        let academy_id = AcademyId(Uuid::from_u128(academy));
        Engagement { academy_id, title: "Module 1".to_owned(), span: span(from, to) }
    }

    /// PRG-6.
    #[test]
    fn meetings_that_touch_do_not_overlap_and_those_that_share_a_moment_do() {
        assert!(!span(0, 60).overlaps(span(60, 120)));
        assert!(!span(60, 120).overlaps(span(0, 60)));
        assert!(span(0, 61).overlaps(span(60, 120)));
        assert!(span(60, 120).overlaps(span(0, 61)));
        assert!(span(0, 120).overlaps(span(30, 60)), "one within the other");
        assert!(span(30, 60).overlaps(span(0, 120)));
        assert!(span(0, 60).overlaps(span(0, 60)), "the same");
        assert!(!span(0, 60).overlaps(span(61, 62)));
    }

    #[test]
    fn a_span_around_others_reaches_from_the_first_start_to_the_last_end() {
        assert_eq!(Span::around([span(50, 60), span(0, 10), span(5, 90)]), Some(span(0, 90)));
        assert_eq!(Span::around([]), None);
    }

    /// PRG-6, ACC-3.
    #[test]
    fn each_pair_of_meetings_of_one_facilitator_is_named_and_another_academys_by_its_time_only() {
        let own = AcademyId(Uuid::from_u128(1));
        let wanted = [("A".to_owned(), span(0, 60)), ("B".to_owned(), span(50, 70))];
        let faults =
            double_booked(own, &wanted, &[engaged(1, 60, 80), engaged(2, 10, 20), engaged(1, 70, 80)]);
        let details: Vec<&str> = faults.iter().map(|fault| fault.detail.as_str()).collect();
        assert_eq!(details.len(), 3, "{details:#?}");
        assert!(details[0].contains("“A”") && details[0].contains("“B”"), "{details:#?}");
        assert!(details[1].contains("another academy (1970-01-01T00:10:00Z to"), "{details:#?}");
        assert!(!details[1].contains("Module"), "{details:#?}");
        assert!(details[2].contains("“B”") && details[2].contains("“Module 1”"), "{details:#?}");
        assert!(faults.iter().all(|fault| fault.code == "session-clash"));
    }
}
