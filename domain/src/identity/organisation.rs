//! Organisations and the labelled lists that staff can extend (ACC-8, ACC-9).

use crate::fault::Refused;
use crate::text;

/// A code of the Organisation Data Service: opaque, 3 to 12 of A-Z and 0-9, kept in upper case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OdsCode(String);

impl OdsCode {
    /// Takes a code, in either case.
    ///
    /// # Errors
    /// `invalid-ods-code`.
    pub fn parse(raw: &str) -> Result<Self, Refused> {
        let code = raw.trim().to_ascii_uppercase();
        let plain = code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if plain && (3..=12).contains(&code.len()) {
            Ok(Self(code))
        } else {
            Err(Refused::new("invalid-ods-code", "must be 3 to 12 letters and digits, like A81001"))
        }
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<OdsCode> for String {
    fn from(code: OdsCode) -> Self {
        code.0
    }
}

/// What an organisation is found by: name, ODS code, and postcode with and without its blank.
pub fn organisation_search_text(
    name: Option<&str>,
    code: Option<&OdsCode>,
    postcode: Option<&str>,
) -> String {
    let joined = postcode.map(|code| code.split_whitespace().collect::<String>());
    let parts = [name, code.map(OdsCode::as_str), postcode, joined.as_deref()];
    text::normalised(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// The words of a search, each of which has to be found.
pub fn search_words(query: &str) -> Vec<String> {
    text::normalised(query).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A labelled list of codes (ACC-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LabelledList {
    /// NHS England's regions; not extended by staff.
    Regions,
    /// What people do.
    JobRoles,
    /// The groups that job roles are counted in.
    StaffGroups,
    /// Primary care, acute, social care and so on.
    Sectors,
    /// What people hold beside their role, such as professional nurse advocate.
    Qualifications,
}

impl LabelledList {
    /// Every list.
    pub const ALL: [Self; 5] =
        [Self::Regions, Self::JobRoles, Self::StaffGroups, Self::Sectors, Self::Qualifications];

    /// Its word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regions => "region",
            Self::JobRoles => "job_role",
            Self::StaffGroups => "staff_group",
            Self::Sectors => "sector",
            Self::Qualifications => "qualification",
        }
    }

    /// The list with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.as_str() == word)
    }

    /// Its segment in a path.
    pub fn path_segment(self) -> &'static str {
        match self {
            Self::Regions => "regions",
            Self::JobRoles => "job-roles",
            Self::StaffGroups => "staff-groups",
            Self::Sectors => "sectors",
            Self::Qualifications => "qualifications",
        }
    }

    /// The list with that path segment, if staff can extend it (ACC-9).
    pub fn extensible(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.path_segment() == segment && *list != Self::Regions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ACC-8.
    #[test]
    fn an_ods_code_is_opaque_and_kept_in_upper_case() {
        assert_eq!(OdsCode::parse(" g7h8j ").unwrap().as_str(), "G7H8J");
        for good in ["RXX", "A81001", "S9B9J", "ABCDEFGHIJ12"] {
            assert!(OdsCode::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "AB", "A81-01", "ABCDEFGHIJ123", "Ä8100", "A 81"] {
            assert!(OdsCode::parse(bad).is_err(), "{bad}");
        }
    }

    /// ACC-9.
    #[test]
    fn an_organisation_is_found_by_name_code_and_postcode() {
        let code = OdsCode::parse("A81001").unwrap();
        let found_in = organisation_search_text(Some("The Densham Surgery"), Some(&code), Some("TS18 1HU"));
        for query in ["densham", "a81001", "TS18 1HU", "ts181hu", "surgery DENSHAM"] {
            assert!(search_words(query).iter().all(|word| found_in.contains(word.as_str())), "{query}");
        }
        assert!(search_words("  ").is_empty());
    }

    /// ACC-9.
    #[test]
    fn staff_extend_all_lists_but_the_regions() {
        assert_eq!(LabelledList::extensible("job-roles"), Some(LabelledList::JobRoles));
        assert_eq!(LabelledList::extensible("regions"), None);
        assert_eq!(LabelledList::extensible("nothing"), None);
    }
}
