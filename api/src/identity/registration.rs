//! Registering and proving an email (ACC-1).

use super::fields::{FullNameField, PasswordField};
use super::passwords::Salt;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::context::{Body, Context};
use crate::http::faults::Faults;
use crate::http::fields::{Email, FromText, Line, ListCode, OrganisationRef};
use crate::http::json::Json;
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::{Actor, EmailAddress, Password};
use domain::ids::OrganisationId;
use domain::messaging::TokenPurpose;
use persistence::Work;
use persistence::identity::registrations::{self, NewRegistration};
use persistence::identity::verification::{self, Verification};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A registration.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "email": "byron.lee@example.nhs.uk", "password": "a quiet walk at noon", "fullName": "Byron Lee",
    "jobRole": "practice_manager", "staffGroup": "admin_non_clinical"
}))]
pub(crate) struct Register {
    /// Yours; a mail with a token is sent to it.
    email: Email,
    /// 15 to 256 characters; nothing more is asked, but it must not be easily guessed.
    password: PasswordField,
    /// As you write your name.
    full_name: FullNameField,
    /// What you do; a code of `jobRoles` in the reference data, or another.
    #[deserr(default)]
    job_role: Option<ListCode>,
    /// A code of `staffGroups` in the reference data, or another.
    #[deserr(default)]
    staff_group: Option<ListCode>,
    /// Where you work; found with `GET /v1/organisations`.
    #[deserr(default)]
    organisation_id: Option<OrganisationRef>,
    /// Where you work, when it isn't listed: staff resolve it later.
    #[deserr(default)]
    organisation_name: Option<Line<200>>,
    /// The version of the privacy notice that was shown.
    #[deserr(default)]
    privacy_notice_version: Option<Line<40>>,
}

/// What was registered. It is the same whether the email was known or not.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"email": "byron.lee@example.nhs.uk", "fullName": "Byron Lee"}))]
pub(crate) struct RegisteredView {
    /// As it was sent.
    email: String,
    /// As it was sent.
    full_name: String,
}

/// Register.
///
/// Sends a mail with a token that proves the email. You can sign in before it is proven; until then you see and
/// book only for yourself. An email that has an account gets the same answer and another mail.
#[utoipa::path(tag = "identity", operation_id = "register", security((), ("bearer" = []), ("clientCredentials" = [])), request_body = Register,
    responses((status = 202, description = "A mail is on its way.", body = RegisteredView)))]
#[post("/v1/auth/register")]
pub(crate) async fn register(
    app: App,
    caller: Caller,
    context: Context,
    _: Query<NoQuery>,
    body: Result<Json<Register>, Problem>,
    sent: Body,
) -> Result<Answer, Problem> {
    let body = checked(&app, body, &sent).await?;
    let Register { email, password, full_name, .. } = &body;
    let view =
        RegisteredView { email: email.0.as_typed().to_owned(), full_name: full_name.0.as_str().to_owned() };
    let network = context.network.clone().unwrap_or_default();
    if let Some(wait) = app.identity.registrations.count(&(network, email.0.key().to_owned())).wait {
        return Err(Problem::too_many(wait));
    }
    let hashed = app.identity.passwords.hash(password.0.clone(), Salt::of(&app.secrets, &email.0)).await?;
    let password_hash = hashed.ok_or_else(|| Problem::new(Code::InternalError))?;
    let new = NewRegistration {
        email: body.email.0,
        password_hash,
        full_name: body.full_name.0,
        job_role: body.job_role.map(|code| code.0),
        staff_group: body.staff_group.map(|code| code.0),
        organisation_id: body.organisation_id.map(|id| id.0),
        organisation_name: body.organisation_name.map(|name| name.0),
        privacy_notice_version: body.privacy_notice_version.map(|version| version.0),
    };
    app.write(&caller, async |work: &mut Work| {
        registrations::register(work, new).await?;
        Ok(Answer::accepted(&view).private())
    })
    .await
}

impl AcrossFields for Register {
    fn across(raw: &Value) -> Vec<Fault> {
        let text = |name| raw.get(name).and_then(Value::as_str);
        let email = text("email").and_then(|email| EmailAddress::parse(email).ok());
        let refused = email.zip(text("password")).map(|(email, raw)| Password::typed(raw).avoids(&email));
        refused.and_then(Result::err).map(|refused| refused.at("/password")).into_iter().collect()
    }
}

/// A body with faults that no field shows by itself.
pub(crate) trait AcrossFields {
    /// These faults, as far as they can be told from the body as it was sent, whatever else is wrong with it.
    fn across(raw: &Value) -> Vec<Fault>;
}

/// The body, or a problem with every fault of it: of its shape, of its values, across its fields, and an unknown
/// organisation.
pub(crate) async fn checked<T: AcrossFields>(
    app: &Shared,
    parsed: Result<Json<T>, Problem>,
    sent: &Body,
) -> Result<T, Problem> {
    let raw: Value = serde_json::from_slice(&sent.0).unwrap_or_default();
    if parsed.as_ref().is_err_and(|problem| problem.code() != Code::Invalid) {
        return parsed.map(Json::into_inner);
    }
    let mut more = T::across(&raw);
    let named = raw.get("organisationId").and_then(Value::as_str);
    if let Some(id) = named.and_then(|id| OrganisationId::from_text(id).ok()) {
        more.extend(unknown_organisation(app, id).await?);
    }
    match parsed {
        Ok(body) if more.is_empty() => Ok(body.into_inner()),
        Ok(_) => Err(Problem::invalid(more)),
        Err(problem) => Err(problem.faults(more)),
    }
}

/// A fault when no such organisation is known.
async fn unknown_organisation(app: &Shared, id: OrganisationId) -> Result<Option<Fault>, Problem> {
    let found = persistence::identity::organisations::organisation(&app.store.reader(), id).await?;
    let detail = "must be the id of a known organisation";
    Ok(found.is_none().then(|| Fault::new("/organisationId", "unknown-organisation", detail)))
}

/// A token from a mail.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"token": "AZA0cCfVd5q0kq1Yz3m0SgWc9Z2mUuJtqX8n0w5h3kE"}))]
pub(crate) struct VerifyEmail {
    /// As the mail shows it.
    token: Line<200>,
}

/// Prove an email.
///
/// The token proves the registration that it was sent for and can be used once. Other registrations of the same
/// email end with it, and what others booked for the email joins it.
#[utoipa::path(tag = "identity", operation_id = "verifyEmail", security((), ("bearer" = []), ("clientCredentials" = [])), request_body = VerifyEmail,
    responses((status = 204, description = "The email is proven.")))]
#[post("/v1/auth/email-verifications")]
pub(crate) async fn verify_email(
    app: App,
    caller: Caller,
    _: Query<NoQuery>,
    body: Json<VerifyEmail>,
) -> Result<Answer, Problem> {
    let refused = |code, detail: &str| Problem::invalid(vec![Fault::new("/token", code, detail)]);
    let unknown = || refused("token-unknown", "must be a token from a mail of ours, whole");
    let purpose = TokenPurpose::VerifyEmail.as_str();
    let token = app.secrets.read_mail_token(purpose, &body.0.token.0).ok_or_else(unknown)?;
    app.write(&caller, async |work: &mut Work| match verification::verify(work, token).await? {
        Verification::Verified(_) => Ok(Answer::no_content()),
        Verification::Unknown => Err(unknown()),
        Verification::Used => Err(refused("token-used", "was used before; sign in, or ask for another mail")),
        Verification::Expired => Err(refused("token-expired", "has expired; ask for another mail")),
    })
    .await
}

/// Whose mail is to be sent again.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"email": "byron.lee@example.nhs.uk"}))]
pub(crate) struct ResendVerification {
    /// The email that was registered.
    email: Email,
}

/// The email as it was sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"email": "byron.lee@example.nhs.uk"}))]
pub(crate) struct ResendVerificationView {
    /// As it was sent; whether anything is known of it is not said.
    email: String,
}

/// Send the verification mail again.
///
/// For a signed-in person's own email it is sent for their registration, or else one for each of the newest, saying when
/// it was made. An address gets a few such mails an hour; a
/// registration whose person is signed in has a few of its own, whatever others asked for. The answer is the same whatever the email is.
#[utoipa::path(tag = "identity", operation_id = "resendEmailVerification", security((), ("bearer" = []), ("clientCredentials" = [])),
    request_body = ResendVerification,
    responses((status = 202, description = "If it is waiting to be proven, a mail is on its way.",
        body = ResendVerificationView)))]
#[post("/v1/auth/email-verifications/resend")]
pub(crate) async fn resend_verification(
    app: App,
    caller: Caller,
    _: Query<NoQuery>,
    body: Json<ResendVerification>,
) -> Result<Answer, Problem> {
    let email = &body.0.email.0;
    let asked_by = match &caller.actor {
        Actor::Person(person) => Some(person.id),
        _ => None,
    };
    app.write(&caller, async |work: &mut Work| {
        registrations::resend(work, email, asked_by).await?;
        let view = ResendVerificationView { email: email.as_typed().to_owned() };
        Ok(Answer::accepted(&view).private())
    })
    .await
}
