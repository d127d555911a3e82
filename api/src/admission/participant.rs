//! What a booker says of somebody else.

use crate::http::faults::Faults;
use crate::http::fields::{Line, ListCode, Parsed};
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::EmailAddress;
use persistence::admission::Told;
use utoipa::ToSchema;

/// The person for whom somebody else books or asks.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "email": "amina.khan@example.nhs.uk", "fullName": "Amina Khan", "jobRole": "practice_nurse",
    "qualifications": ["professional_nurse_advocate"], "leadsOrManages": true, "organisationOdsCode": "G7H8J",
    "region": "south_east"
}))]
pub(super) struct ParticipantIn {
    /// Their email.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Parsed<EmailAddress>,
    /// Their name.
    full_name: Line<200>,
    /// Their job role, by its code.
    #[deserr(default)]
    job_role: Option<ListCode>,
    /// Their staff group, by its code.
    #[deserr(default)]
    staff_group: Option<ListCode>,
    /// Their qualifications, by their codes.
    #[deserr(default)]
    qualifications: Option<Vec<ListCode>>,
    /// Whether they lead or manage.
    #[deserr(default)]
    leads_or_manages: Option<bool>,
    /// The ODS code of where they work; an unknown one makes an organisation with only its code.
    #[deserr(default)]
    organisation_ods_code: Option<Line<12>>,
    /// Their NHS England region.
    #[deserr(default)]
    region: Option<ListCode>,
}

impl ParticipantIn {
    /// What was said, with the email's key; all faults at once under `/participant`.
    pub(super) fn into_told(self) -> Result<(Told, String), Vec<Fault>> {
        let mut faults = Vec::new();
        let ods = self.organisation_ods_code.map(|code| code.0.to_ascii_uppercase());
        let is_ods = |code: &String| {
            (3..=12).contains(&code.len())
                && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        if ods.as_ref().is_some_and(|code| !is_ods(code)) {
            let detail = "must be an ODS code: 3 to 12 of A-Z and 0-9";
            faults.push(Fault::new("/participant/organisationOdsCode", "invalid-ods-code", detail));
        }
        let region = self.region.map(|code| code.0);
        if let Some(Err(refused)) = region.as_deref().map(domain::catalogue::Region::parse) {
            faults.push(refused.at("/participant/region"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let key = self.email.0.key().to_owned();
        let told = Told {
            email: self.email.0.as_typed().to_owned(),
            full_name: self.full_name.0,
            job_role: self.job_role.map(|code| code.0),
            staff_group: self.staff_group.map(|code| code.0),
            qualifications: self.qualifications.map(|list| list.into_iter().map(|code| code.0).collect()),
            leads_or_manages: self.leads_or_manages,
            organisation_ods_code: ods,
            region,
        };
        Ok((told, key))
    }
}
