//! Academies, programmes, cohorts, sessions and tasters.

mod academies;
mod adjustments;
mod cache;
mod cohort_life;
mod cohort_wire;
mod cohort_words;
mod cohorts;
mod facilitators;
mod fields;
mod listing;
mod merge;
mod minimum;
mod page;
mod preview;
mod preview_wire;
mod programme_views;
mod programme_wire;
mod programmes;
mod reserve_wire;
mod scope;
mod series;
mod session_changes;
mod session_wire;
mod sessions;
mod tasters;
mod wire;

pub(crate) use adjustments::forget_adjustments;
pub(crate) use cache::CatalogueCache;
pub(crate) use minimum::notice_minimums;
use utoipa_actix_web::service_config::ServiceConfig;

/// The room's operations.
pub(crate) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(academies::create_academy)
        .service(academies::list_academies)
        .service(academies::read_academy)
        .service(academies::change_academy)
        .service(listing::list_programmes)
        .service(programmes::create_programme)
        .service(programmes::list_academy_programmes)
        .service(programmes::read_programme)
        .service(programmes::change_programme)
        .service(programmes::publish_programme)
        .service(programmes::archive_programme)
        .service(tasters::create_taster)
        .service(tasters::list_tasters)
        .service(tasters::read_taster)
        .service(tasters::change_taster)
        .service(cohorts::create_cohort)
        .service(cohorts::list_cohorts)
        .service(cohorts::read_cohort)
        .service(cohorts::change_cohort)
        .service(cohort_life::close_cohort)
        .service(cohort_life::cancel_cohort)
        .service(cohort_life::complete_cohort)
        .service(minimum::confirm_cohort_runs)
        .service(preview::preview_cohort)
        .service(sessions::create_session)
        .service(sessions::list_sessions)
        .service(series::create_session_series)
        .service(sessions::read_session)
        .service(sessions::change_session)
        .service(adjustments::ask_for_adjustment)
        .service(adjustments::list_adjustments)
        .service(adjustments::read_adjustment)
        .service(adjustments::take_back_adjustment)
        .service(adjustments::decide_adjustment);
}
