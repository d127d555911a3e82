//! OAuth 2 client credentials (ACC-4; RFC 6749 sections 2.3.1, 4.4 and 5).

use crate::http::app::{App, Shared};
use crate::http::context::Body;
use crate::http::query::pairs;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, post};
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64, HEXLOWER};
use domain::identity::Scope;
use domain::ids::ClientId;
use persistence::identity::clients::{self, Client};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// The form, as the document shows it.
#[derive(ToSchema)]
#[schema(example = json!({"grant_type": "client_credentials", "scope": "bookings:read bookings:write"}))]
#[expect(dead_code, reason = "describes the form, which is read by name")]
pub(crate) struct ClientTokenRequest {
    /// `client_credentials`.
    grant_type: String,
    /// Scopes separated by blanks; all of the client's when left out.
    scope: Option<String>,
    /// The client's id, when it isn't sent by HTTP Basic.
    client_id: Option<String>,
    /// The client's secret, when it isn't sent by HTTP Basic.
    client_secret: Option<String>,
}

/// A client's access token (RFC 6749 section 5.1).
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.…", "token_type": "Bearer", "expires_in": 900,
    "scope": "bookings:read bookings:write"
}))]
pub(crate) struct ClientTokenView {
    /// Goes into `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds that it is good for.
    expires_in: i64,
    /// What it may do.
    scope: String,
}

/// A refusal (RFC 6749 section 5.2).
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"error": "invalid_scope", "error_description": "The client doesn't have that scope."}))]
pub(crate) struct ClientTokenRefusal {
    /// `invalid_request`, `invalid_client`, `invalid_scope` or `unsupported_grant_type`.
    error: &'static str,
    /// In words.
    error_description: String,
}

/// Sign in as a client.
///
/// Takes `grant_type=client_credentials` as a form; the client's id and secret by HTTP Basic or in the form. Errors
/// have the form of RFC 6749.
#[utoipa::path(tag = "identity", operation_id = "issueClientToken", security(()),
    request_body(content = ClientTokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token.", body = ClientTokenView),
        (status = 400, description = "The request or a scope is wrong.", body = ClientTokenRefusal),
        (status = 401, description = "The client's id or secret is wrong.", body = ClientTokenRefusal),
    ))]
#[post("/v1/oauth/token")]
pub(crate) async fn issue_client_token(app: App, request: HttpRequest) -> HttpResponse {
    match issue(&app, &request).await {
        Ok(view) => unkept(StatusCode::OK).json(view),
        Err(refusal) => refusal.respond(),
    }
}

fn unkept(status: StatusCode) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"));
    response
}

struct Refusal(&'static str, &'static str);

impl Refusal {
    fn client() -> Self {
        Self("invalid_client", "The client's id or secret is wrong, or the client was revoked.")
    }

    fn respond(self) -> HttpResponse {
        let Self(error, description) = self;
        let status = match error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut response = unkept(status);
        match status {
            StatusCode::UNAUTHORIZED => {
                response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"academy\", charset=\"UTF-8\""));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                response.insert_header(("retry-after", "1"));
            }
            _ => {}
        }
        response.json(ClientTokenRefusal { error, error_description: description.to_owned() })
    }
}

async fn issue(app: &Shared, request: &HttpRequest) -> Result<ClientTokenView, Refusal> {
    if !request.query_string().is_empty() {
        return Err(Refusal("invalid_request", "The address takes no parameters: send them in the form."));
    }
    let form = read_form(request)?;
    let (id, secret) = credentials(request, &form)?;
    let client = authenticate(app, &id, &secret).await?;
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => return Err(Refusal("unsupported_grant_type", "grant_type must be client_credentials.")),
        None => return Err(Refusal("invalid_request", "grant_type is required.")),
    }
    let scopes = granted(&client, form.get("scope").map(String::as_str))?;
    let token = app.identity.signing.client_token(client.id, &scopes, app.settings.access_life);
    let words: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    Ok(ClientTokenView {
        access_token: token.ok_or(Refusal("temporarily_unavailable", "No token could be signed."))?,
        token_type: "Bearer",
        expires_in: app.settings.access_life.num_seconds(),
        scope: words.join(" "),
    })
}

/// The form's parameters; none stands twice (RFC 6749 section 3.2), and one without a value counts as left out.
fn read_form(request: &HttpRequest) -> Result<HashMap<String, String>, Refusal> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal("invalid_request", "The body must be application/x-www-form-urlencoded."));
    }
    let wrong = || Refusal("invalid_request", "The form can't be read.");
    let body = Body::of(request);
    let text = std::str::from_utf8(&body).map_err(|_| wrong())?;
    let mut form = HashMap::new();
    for (name, value) in pairs(text).map_err(|_| wrong())? {
        if !value.is_empty() && form.insert(name, value).is_some() {
            return Err(Refusal("invalid_request", "A parameter stands more than once."));
        }
    }
    Ok(form)
}

/// By HTTP Basic or in the form, not both (RFC 6749 section 2.3).
fn credentials(request: &HttpRequest, form: &HashMap<String, String>) -> Result<(String, String), Refusal> {
    let in_form = form.contains_key("client_secret");
    match request.headers().get(AUTHORIZATION) {
        Some(_) if in_form => Err(Refusal("invalid_request", "Send the client's secret in one way only.")),
        Some(line) => basic(line.as_bytes()).ok_or_else(Refusal::client),
        None => match (form.get("client_id"), form.get("client_secret")) {
            (Some(id), Some(secret)) => Ok((id.clone(), secret.clone())),
            _ => Err(Refusal::client()),
        },
    }
}

fn basic(line: &[u8]) -> Option<(String, String)> {
    let (scheme, encoded) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let decoded =
        BASE64.decode(encoded.trim().as_bytes()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) =
        String::from_utf8(decoded).ok()?.split_once(':').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    // Both are form-encoded inside (RFC 6749 section 2.3.1); ours have nothing that needs it.
    Some((id, secret))
}

async fn authenticate(app: &Shared, id: &str, secret: &str) -> Result<Client, Refusal> {
    let id = Uuid::try_parse(id).map_err(|_| Refusal::client())?;
    let found = clients::with_secret_hash(&app.store.reader(), ClientId(id)).await;
    let found = found.map_err(|error| {
        tracing::warn!(%error, "a client could not be looked up");
        Refusal("temporarily_unavailable", "Try again shortly.")
    })?;
    let (client, hash) = found.ok_or_else(Refusal::client)?;
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(hash_of(secret).as_bytes(), hash.as_bytes());
    same.map(|()| client).map_err(|_| Refusal::client())
}

/// Lower-case hex SHA-256: a secret of 256 random bits needs no slow hash.
pub(crate) fn hash_of(secret: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, secret.as_bytes()).as_ref())
}

fn granted(client: &Client, asked: Option<&str>) -> Result<Vec<Scope>, Refusal> {
    let Some(asked) = asked else { return Ok(client.scopes.clone()) };
    let mut scopes = Vec::new();
    for word in asked.split(' ').filter(|word| !word.is_empty()) {
        let held = Scope::parse(word).filter(|scope| client.scopes.contains(scope));
        scopes.push(held.ok_or(Refusal("invalid_scope", "The client doesn't have one of these scopes."))?);
    }
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() { Ok(client.scopes.clone()) } else { Ok(scopes) }
}
