//! `Path<T>`: what an address names. An id that is none is 404, as nothing can stand there.

use super::problem::{Code, Problem};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use domain::ids::{
    AcademyId, AdjustmentId, AttendanceId, BookingId, ClientId, CohortId, FormId, NominationId, PersonId,
    ProgrammeId, SessionId, TasterId, WaiverId,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};
use utoipa::IntoParams;

/// The variable parts of the path. `path: Path<CohortPath>`, then `path.0.cohort_id`.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let named = request.match_info();
        // The one way to write an id: other notations of a UUID would make two addresses of one thing.
        let plain = named.iter().all(|(name, value)| !name.ends_with("Id") || value.len() == 36);
        let read = actix_web::web::Path::<T>::from_request(request, payload).into_inner();
        ready(match read {
            Ok(path) if plain => Ok(Self(path.into_inner())),
            _ => Err(Problem::new(Code::NotFound)),
        })
    }
}

macro_rules! paths {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $id:ident,)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
        #[serde(rename_all = "camelCase")]
        #[into_params(parameter_in = Path, rename_all = "camelCase")]
        pub(crate) struct $name {
            $($(#[doc = $field_doc])+ #[param(value_type = uuid::Uuid)] pub $field: $id,)+
        }
    )+};
}

paths! {
    /// `/v1/academies/{academyId}…`
    AcademyPath {
        /// The academy.
        academy_id: AcademyId,
    }
    /// `/v1/academies/{academyId}/members/{personId}`
    MemberPath {
        /// The academy.
        academy_id: AcademyId,
        /// The person.
        person_id: PersonId,
    }
    /// `/v1/academies/{academyId}/clients/{clientId}`
    ClientPath {
        /// The academy.
        academy_id: AcademyId,
        /// The client.
        client_id: ClientId,
    }
    /// `/v1/programmes/{programmeId}…`
    ProgrammePath {
        /// The programme.
        programme_id: ProgrammeId,
    }
    /// `/v1/cohorts/{cohortId}…`
    CohortPath {
        /// The cohort.
        cohort_id: CohortId,
    }
    /// `/v1/cohorts/{cohortId}/waivers/{waiverId}`
    WaiverPath {
        /// The cohort.
        cohort_id: CohortId,
        /// The waiver.
        waiver_id: WaiverId,
    }
    /// `/v1/cohorts/{cohortId}/nominations/{nominationId}…`
    NominationPath {
        /// The cohort.
        cohort_id: CohortId,
        /// The nomination.
        nomination_id: NominationId,
    }
    /// `/v1/sessions/{sessionId}…`
    SessionPath {
        /// The session.
        session_id: SessionId,
    }
    /// `/v1/adjustments/{adjustmentId}…`
    AdjustmentPath {
        /// The adjustment.
        adjustment_id: AdjustmentId,
    }
    /// `/v1/tasters/{tasterId}…`
    TasterPath {
        /// The taster.
        taster_id: TasterId,
    }
    /// `/v1/tasters/{tasterId}/attendance/{attendanceId}`
    AttendancePath {
        /// The taster.
        taster_id: TasterId,
        /// The attendance.
        attendance_id: AttendanceId,
    }
    /// `/v1/joining-forms/{formId}`
    FormPath {
        /// The joining form.
        form_id: FormId,
    }
    /// `/v1/bookings/{bookingId}…`
    BookingPath {
        /// The booking.
        booking_id: BookingId,
    }
}
