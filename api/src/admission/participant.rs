//! What a booker says of somebody else.

use crate::http::faults::Faults;
use crate::http::fields::{Line, ListCode, OdsCodeField, Parsed, RegionField};
use crate::http::json::Patch;
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
    organisation_ods_code: Option<OdsCodeField>,
    /// Their NHS England region.
    #[deserr(default)]
    region: Option<RegionField>,
}

impl ParticipantIn {
    /// What was said, with the email's key.
    pub(super) fn into_told(self) -> (Told, String) {
        let key = self.email.0.key().to_owned();
        let told = Told {
            email: self.email.0.as_typed().to_owned(),
            full_name: self.full_name.0,
            job_role: self.job_role.map(|code| code.0),
            staff_group: self.staff_group.map(|code| code.0),
            qualifications: self.qualifications.map(codes),
            leads_or_manages: self.leads_or_manages,
            organisation_ods_code: self.organisation_ods_code.map(|code| code.0.into()),
            region: self.region.map(|region| region.0.as_str().to_owned()),
            corrected_at: None,
            asked_at: None,
        };
        (told, key)
    }
}

fn codes(list: Vec<ListCode>) -> Vec<String> {
    list.into_iter().map(|code| code.0).collect()
}

/// A correction of what a booker said of somebody else: what is left out stays, `null` takes a fact away.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"jobRole": "practice_manager", "region": "south_east"}))]
pub(super) struct ParticipantPatch {
    /// Their email; another one is refused, since that would be another booking.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Email, max_length = 254)]
    email: Option<Parsed<EmailAddress>>,
    /// Their name.
    #[deserr(default)]
    full_name: Option<Line<200>>,
    /// Their job role, by its code.
    #[deserr(default)]
    job_role: Patch<ListCode>,
    /// Their staff group, by its code.
    #[deserr(default)]
    staff_group: Patch<ListCode>,
    /// Their qualifications, by their codes.
    #[deserr(default)]
    qualifications: Patch<Vec<ListCode>>,
    /// Whether they lead or manage.
    #[deserr(default)]
    leads_or_manages: Patch<bool>,
    /// The ODS code of where they work.
    #[deserr(default)]
    organisation_ods_code: Patch<OdsCodeField>,
    /// Their NHS England region.
    #[deserr(default)]
    region: Patch<RegionField>,
}

impl ParticipantPatch {
    /// What is said now (RFC 7396).
    ///
    /// # Errors
    /// `immutable` at `/participant/email`.
    pub(super) fn applied_to(self, mut told: Told) -> Result<Told, Vec<Fault>> {
        let key_before = EmailAddress::parse(&told.email).ok().map(|email| email.key().to_owned());
        if self.email.is_some_and(|email| Some(email.0.key()) != key_before.as_deref()) {
            let detail = "can't be changed: cancel this booking and make one for the other person";
            return Err(vec![Fault::new("/participant/email", "immutable", detail)]);
        }
        if let Some(name) = self.full_name {
            told.full_name = name.0;
        }
        self.job_role.map(|code| code.0).apply(&mut told.job_role);
        self.staff_group.map(|code| code.0).apply(&mut told.staff_group);
        self.qualifications.map(codes).apply(&mut told.qualifications);
        self.leads_or_manages.apply(&mut told.leads_or_manages);
        self.organisation_ods_code.map(|code| code.0).apply(&mut told.organisation_ods_code);
        self.region.map(|region| region.0.as_str().to_owned()).apply(&mut told.region);
        Ok(told)
    }
}
