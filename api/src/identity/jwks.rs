//! The public halves of the signing keys (RFC 7517).

use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use actix_web::get;
use actix_web::http::header::CACHE_CONTROL;
use serde::Serialize;
use utoipa::ToSchema;

/// A set of public keys.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"keys": [{
    "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
    "kid": "01890a5d-ac96-774b-bcce-b302099a8057", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
}]}))]
pub(crate) struct KeySetView {
    /// The newest first.
    keys: Vec<KeyView>,
}

/// A public key (RFC 8037).
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyView {
    /// `OKP`.
    kty: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    usage: &'static str,
    /// `EdDSA`.
    alg: &'static str,
    /// Names the key in a token's header.
    kid: String,
    /// The key, base64url.
    x: String,
}

/// Public keys of access tokens.
///
/// Anyone can check an access token with them: EdDSA over Ed25519, type `at+jwt`.
#[utoipa::path(tag = "identity", operation_id = "getSigningKeys", security(()),
    responses((status = 200, description = "The keys.", body = KeySetView)))]
#[get("/.well-known/jwks.json")]
pub(crate) async fn get_signing_keys(app: App, _: Query<NoQuery>) -> Result<Answer, Problem> {
    let keys = app.identity.signing.public().iter().map(|key| KeyView {
        kty: "OKP",
        crv: "Ed25519",
        usage: "sig",
        alg: "EdDSA",
        kid: key.kid.clone(),
        x: key.x.clone(),
    });
    let view = KeySetView { keys: keys.collect() };
    Ok(Answer::ok(&view).header(CACHE_CONTROL, "public, max-age=300"))
}
