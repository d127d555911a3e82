//! The labelled lists as they begin (ACC-9): staff extend all but the regions.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::Statement;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0006_reference_data"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let lists = [
            ("region", REGIONS),
            ("staff_group", STAFF_GROUPS),
            ("sector", SECTORS),
            ("qualification", QUALIFICATIONS),
            ("job_role", JOB_ROLES),
        ];
        for (list, items) in lists {
            for (position, (code, label)) in (1i64..).zip(items) {
                add(manager, list, code, label, position).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::sql::run(manager, "DELETE FROM reference_item").await
    }
}

async fn add(
    manager: &SchemaManager<'_>,
    list: &str,
    code: &str,
    label: &str,
    position: i64,
) -> Result<(), DbErr> {
    let text = "INSERT INTO reference_item (list, code, label, position) VALUES ($1, $2, $3, $4)";
    let values = [list.into(), code.into(), label.into(), position.into()];
    let statement = Statement::from_sql_and_values(manager.get_database_backend(), text, values);
    manager.get_connection().execute_raw(statement).await?;
    Ok(())
}

/// `region`.
const REGIONS: &[(&str, &str)] = &[
    ("east_of_england", "East of England"),
    ("london", "London"),
    ("midlands", "Midlands"),
    ("north_east_and_yorkshire", "North East and Yorkshire"),
    ("north_west", "North West"),
    ("south_east", "South East"),
    ("south_west", "South West"),
];

/// `staff_group`.
const STAFF_GROUPS: &[(&str, &str)] = &[
    ("gp", "GP"),
    ("nurse", "Nurse"),
    ("direct_patient_care", "Direct patient care"),
    ("admin_non_clinical", "Admin and non-clinical"),
    ("allied_health_professional", "Allied health professional"),
    ("medical", "Medical and dental (outside general practice)"),
    ("pharmacy", "Pharmacy"),
    ("social_care", "Social care"),
    ("ambulance", "Ambulance"),
    ("other", "Other"),
];

/// `sector`.
const SECTORS: &[(&str, &str)] = &[
    ("general_practice", "General practice"),
    ("primary_care_network", "Primary care network"),
    ("community_pharmacy", "Community pharmacy"),
    ("dental", "Dental"),
    ("optometry", "Optometry"),
    ("community", "Community services"),
    ("acute", "Acute hospital"),
    ("mental_health", "Mental health"),
    ("ambulance", "Ambulance"),
    ("social_care", "Social care"),
    ("hospice", "Hospice"),
    ("public_health", "Public health"),
    ("integrated_care_board", "Integrated care board"),
    ("local_authority", "Local authority"),
    ("voluntary_sector", "Voluntary, community and social enterprise"),
    ("education", "Education"),
    ("other", "Other"),
];

/// `qualification`.
const QUALIFICATIONS: &[(&str, &str)] = &[
    ("professional_nurse_advocate", "Professional nurse advocate"),
    ("professional_midwifery_advocate", "Professional midwifery advocate"),
    ("advanced_practitioner", "Advanced practitioner"),
    ("clinical_supervisor", "Clinical supervisor"),
    ("coach", "Qualified coach"),
    ("mental_health_first_aider", "Mental health first aider"),
];

/// `job_role`.
const JOB_ROLES: &[(&str, &str)] = &[
    ("practice_manager", "Practice manager"),
    ("deputy_practice_manager", "Deputy or assistant practice manager"),
    ("business_manager", "Business manager"),
    ("operations_manager", "Operations manager"),
    ("receptionist", "Receptionist"),
    ("medical_secretary", "Medical secretary"),
    ("gp_partner", "GP partner"),
    ("salaried_gp", "Salaried GP"),
    ("practice_nurse", "Practice nurse"),
    ("advanced_nurse_practitioner", "Advanced nurse practitioner"),
    ("nurse_partner", "Nurse partner"),
    ("nursing_associate", "Nursing associate"),
    ("registered_nurse", "Registered nurse"),
    ("ward_manager", "Ward manager"),
    ("matron", "Matron"),
    ("midwife", "Midwife"),
    ("health_visitor", "Health visitor"),
    ("healthcare_assistant", "Healthcare assistant"),
    ("clinical_pharmacist", "Clinical pharmacist"),
    ("pharmacy_technician", "Pharmacy technician"),
    ("paramedic", "Paramedic"),
    ("physician_associate", "Physician associate"),
    ("first_contact_physiotherapist", "First contact physiotherapist"),
    ("podiatrist", "Podiatrist"),
    ("occupational_therapist", "Occupational therapist"),
    ("dietitian", "Dietitian"),
    ("social_prescribing_link_worker", "Social prescribing link worker"),
    ("care_coordinator", "Care coordinator"),
    ("health_and_wellbeing_coach", "Health and wellbeing coach"),
    ("mental_health_practitioner", "Mental health practitioner"),
    ("consultant", "Consultant doctor"),
    ("social_worker", "Social worker"),
    ("care_home_manager", "Registered care home manager"),
    ("team_leader", "Team leader"),
    ("service_manager", "Service manager"),
    ("clinical_lead", "Clinical lead"),
    ("director", "Director"),
    ("chief_executive", "Chief executive"),
    ("other", "Other"),
];
