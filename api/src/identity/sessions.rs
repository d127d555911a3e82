//! Signing in and out (ACC-2).

use super::passwords::Salt;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::context::Context;
use crate::http::faults::Faults;
use crate::http::fields::{Email, Line, Parsed};
use crate::http::json::Json;
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::secrets::Secrets;
use actix_web::http::header::WWW_AUTHENTICATE;
use actix_web::post;
use data_encoding::BASE64URL_NOPAD;
use deserr::Deserr;
use domain::identity::{EmailAddress, Password};
use domain::ids::PersonId;
use persistence::AuditActor;
use persistence::identity::sessions::{self, Issued, Refreshed};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What refresh tokens are bound to.
const PURPOSE: &str = "refresh-token";

/// Email and password.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "email": "byron.lee@example.nhs.uk", "password": "a quiet walk at noon"
}))]
pub(crate) struct Login {
    /// The email that was registered, proven or not.
    email: Email,
    /// The password.
    #[schema(format = Password, max_length = 1024)]
    password: String,
}

/// Tokens of a signed-in person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "accessToken": "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.…", "tokenType": "Bearer", "expiresIn": 900,
    "refreshToken": "AZA0cCfVd5q0kq1Yz3m0SgAAAAAAAAABsS0n7XoY0h3y1w5m4kq2cA"
}))]
pub(crate) struct TokensView {
    /// Goes into `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds that the access token is good for.
    expires_in: i64,
    /// Gets the next tokens from `POST /v1/auth/refresh`, once.
    refresh_token: String,
}

/// Sign in.
///
/// Ten wrong passwords for an email in 15 minutes from one network are answered with 429 and `Retry-After`, as
/// are a hundred from one network whatever the email.
#[utoipa::path(tag = "identity", operation_id = "login", security(()), request_body = Login,
    extensions(("x-problems" = json!(["invalid-credentials", "too-many-requests"]))),
    responses((status = 200, description = "Signed in.", body = TokensView)))]
#[post("/v1/auth/login")]
pub(crate) async fn login(
    app: App,
    context: Context,
    _: Query<NoQuery>,
    body: Json<Login>,
) -> Result<Answer, Problem> {
    let Login { email: Parsed(email), password } = body.into_inner();
    let network = context.network.as_deref();
    app.identity.throttle.begin(network, email.key())?;
    let own = whose(&app, &email, Password::typed(&password)).await?;
    let wrong =
        || Problem::new(Code::InvalidCredentials).header(WWW_AUTHENTICATE, "Bearer realm=\"academy\"");
    let person = own.ok_or_else(wrong)?;
    let mut work = app.store.begin(context.origin(AuditActor::Person(person))).await?;
    let issued = sessions::open(&mut work, person).await?.ok_or_else(wrong)?;
    work.commit().await?;
    app.identity.throttle.succeeded(network, email.key());
    answer(&app, issued)
}

/// Whose email and password these are. One hash is made, whether the email is unknown, verified or registered any
/// number of times.
async fn whose(app: &Shared, email: &EmailAddress, password: Password) -> Result<Option<PersonId>, Problem> {
    let reader = app.store.reader();
    if let Some(owner) = sessions::owner(&reader, email.key()).await? {
        let own = app.identity.passwords.is(password, owner.password_hash).await?;
        return Ok(own.then_some(owner.person));
    }
    let hash = app.identity.passwords.hash(password, Salt::of(&app.secrets, email)).await?;
    match hash {
        Some(hash) => Ok(sessions::registration_with(&reader, email.key(), &hash).await?),
        None => Ok(None),
    }
}

/// A refresh token.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "refreshToken": "AZA0cCfVd5q0kq1Yz3m0SgAAAAAAAAABsS0n7XoY0h3y1w5m4kq2cA"
}))]
pub(crate) struct RefreshRequest {
    /// The newest one that was given.
    refresh_token: Line<200>,
}

/// Get the next tokens.
///
/// Refresh tokens rotate. The same token again within 10 seconds gets the same successor, for an answer that was
/// lost; later, or an older one, ends the sign-in as a whole.
#[utoipa::path(tag = "identity", operation_id = "refresh", security(()), request_body = RefreshRequest,
    extensions(("x-problems" = json!(["invalid-refresh-token"]))),
    responses((status = 200, description = "The next tokens.", body = TokensView)))]
#[post("/v1/auth/refresh")]
pub(crate) async fn refresh(
    app: App,
    context: Context,
    _: Query<NoQuery>,
    body: Json<RefreshRequest>,
) -> Result<Answer, Problem> {
    let (family, sequence) = read_token(&app.secrets, &body.0.refresh_token.0).ok_or_else(refused)?;
    let mut work = app.store.begin(context.origin(AuditActor::Anonymous)).await?;
    match sessions::renew(&mut work, family, sequence).await? {
        Refreshed::Issued(issued) => {
            work.commit().await?;
            answer(&app, issued)
        }
        Refreshed::FamilyEnded => {
            work.commit().await?;
            Err(refused())
        }
        Refreshed::Refused => Err(refused()),
    }
}

/// Sign out.
///
/// Ends the sign-in of this refresh token, and with it the access tokens that it gave.
#[utoipa::path(tag = "identity", operation_id = "logout", security(()), request_body = RefreshRequest,
    responses((status = 204, description = "Signed out, or was before.")))]
#[post("/v1/auth/logout")]
pub(crate) async fn logout(
    app: App,
    context: Context,
    _: Query<NoQuery>,
    body: Json<RefreshRequest>,
) -> Result<Answer, Problem> {
    if let Some((family, _)) = read_token(&app.secrets, &body.0.refresh_token.0) {
        let mut work = app.store.begin(context.origin(AuditActor::Anonymous)).await?;
        sessions::close(&mut work, family).await?;
        work.commit().await?;
    }
    Ok(Answer::no_content())
}

fn refused() -> Problem {
    Problem::new(Code::InvalidRefreshToken).header(WWW_AUTHENTICATE, "Bearer realm=\"academy\"")
}

fn answer(app: &Shared, issued: Issued) -> Result<Answer, Problem> {
    let access_token =
        app.identity.signing.person_token(issued.person, Some(issued.family), app.settings.access_life);
    let view = TokensView {
        access_token: access_token.ok_or_else(|| Problem::new(Code::InternalError))?,
        token_type: "Bearer",
        expires_in: app.settings.access_life.num_seconds(),
        refresh_token: write_token(&app.secrets, issued.family, issued.sequence),
    };
    Ok(Answer::ok(&view).secret())
}

/// Family, sequence and a keyed hash of both: the same for the same, so that a lost answer can be given again.
fn write_token(secrets: &Secrets, family: Uuid, sequence: i64) -> String {
    let mut bytes = family.as_bytes().to_vec();
    bytes.extend_from_slice(&sequence.to_be_bytes());
    let mac = secrets.hmac(PURPOSE, &bytes);
    bytes.extend_from_slice(&mac);
    BASE64URL_NOPAD.encode(&bytes)
}

fn read_token(secrets: &Secrets, token: &str) -> Option<(Uuid, i64)> {
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let (named, mac) = bytes.split_at_checked(24)?;
    aws_lc_rs::constant_time::verify_slices_are_equal(&secrets.hmac(PURPOSE, named), mac).ok()?;
    let (family, sequence) = named.split_at_checked(16)?;
    Some((Uuid::from_slice(family).ok()?, i64::from_be_bytes(sequence.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ACC-2.
    #[test]
    fn a_refresh_token_names_its_family_and_sequence_and_can_not_be_made_up() {
        let secrets = Secrets::new([3; 32]);
        let family = Uuid::from_u128(11);
        let token = write_token(&secrets, family, 4);
        assert_eq!(token, write_token(&secrets, family, 4));
        assert_eq!(read_token(&secrets, &token), Some((family, 4)));
        assert!(read_token(&Secrets::new([4; 32]), &token).is_none());
        for bad in ["", "AAAA", &token[1..], &format!("{token}A")] {
            assert!(read_token(&secrets, bad).is_none(), "{bad}");
        }
    }
}
