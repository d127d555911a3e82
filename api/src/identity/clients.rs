//! Programs of partners and of ops (ACC-4).

use super::fields::{ClientKindField, ScopeField};
use super::members::require_management;
use super::oauth::hash_of;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::fields::Line;
use crate::http::json::Json;
use crate::http::list::Page;
use crate::http::path::{AcademyPath, ClientPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, PageQuery, Query};
use actix_web::{delete, get, post};
use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::{Action, ClientKind, Scope};
use persistence::Work;
use persistence::identity::clients::{self, Client, NewClient};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a client's secret begins with, so that scanners for leaked secrets know one.
const PREFIX: &str = "academy_secret_";

/// A client never changes but by being revoked.
fn etag() -> ETag {
    ETag::of_revision(1)
}

/// A client, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "clientId": "01890a5d-ac96-774b-bcce-b302099a8060", "academyId": "01890a5d-ac96-774b-bcce-b302099a8058",
    "name": "Greater Manchester booking page", "kind": "partner", "scopes": ["bookings:read", "bookings:write"],
    "vouchesForEmails": false, "createdAt": "2027-01-11T09:00:00Z"
}))]
pub(crate) struct ClientView {
    /// Goes with the secret to `POST /v1/oauth/token`.
    client_id: Uuid,
    /// Its one academy.
    academy_id: Uuid,
    /// What staff call it.
    name: String,
    /// `partner` books for people and sees only those bookings; `operations` acts for the whole academy.
    kind: &'static str,
    /// What it may ask for.
    scopes: Vec<&'static str>,
    /// Whether its bookings count as vouched for: the participant's email then needs no proof.
    vouches_for_emails: bool,
    /// Since when.
    created_at: DateTime<Utc>,
}

impl From<Client> for ClientView {
    fn from(client: Client) -> Self {
        Self {
            client_id: client.id.0,
            academy_id: client.academy_id.0,
            name: client.name,
            kind: client.kind.as_str(),
            scopes: client.scopes.into_iter().map(Scope::as_str).collect(),
            vouches_for_emails: client.vouches_for_emails,
            created_at: client.created_at,
        }
    }
}

/// A new client with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "clientId": "01890a5d-ac96-774b-bcce-b302099a8060",
    "clientSecret": "academy_secret_1xT3mE0tqzv0kW6kqS0pJmYxN1c8mU2rH5b7d9f0aBc",
    "academyId": "01890a5d-ac96-774b-bcce-b302099a8058", "name": "Greater Manchester booking page",
    "kind": "partner", "scopes": ["bookings:read", "bookings:write"], "vouchesForEmails": false,
    "createdAt": "2027-01-11T09:00:00Z"
}))]
pub(crate) struct CreatedClientView {
    /// Goes with the secret to `POST /v1/oauth/token`.
    client_id: Uuid,
    /// Keep it: it is not shown again.
    client_secret: String,
    /// Its one academy.
    academy_id: Uuid,
    /// What staff call it.
    name: String,
    /// `partner` or `operations`.
    kind: &'static str,
    /// What it may ask for.
    scopes: Vec<&'static str>,
    /// Whether its bookings count as vouched for.
    vouches_for_emails: bool,
    /// Since when.
    created_at: DateTime<Utc>,
}

/// A client to make.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "name": "Greater Manchester booking page", "kind": "partner", "scopes": ["bookings:read", "bookings:write"]
}))]
pub(crate) struct CreateClient {
    /// What staff call it.
    name: Line<200>,
    /// `partner` unless said.
    #[deserr(default)]
    kind: Option<ClientKindField>,
    /// At least one.
    scopes: Vec<ScopeField>,
    /// Whether its bookings count as vouched for (false unless said).
    #[deserr(default)]
    vouches_for_emails: Option<bool>,
}

/// List an academy's clients.
///
/// Without their secrets. Revoked ones are not listed.
#[utoipa::path(tag = "identity", operation_id = "listClients", params(AcademyPath, PageQuery),
    responses((status = 200, description = "Clients in force.", body = Page<ClientView>)))]
#[get("/v1/academies/{academyId}/clients")]
pub(crate) async fn list_clients(
    app: App,
    caller: Caller,
    path: Path<AcademyPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let academy = path.0.academy_id;
    require_management(&app, &caller, academy, Action::ManageClients).await?;
    let after: Option<Uuid> = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let rows = clients::list(&app.store.reader(), academy, after, query.0.limit.one_more()).await?;
    let page = app.cursors.page(&caller, query.0.limit, rows, |client| client.id.0).map(ClientView::from);
    Ok(Answer::page(&caller, &page).private())
}

/// Make a client.
///
/// The answer shows its secret this once.
#[utoipa::path(tag = "identity", operation_id = "createClient", params(AcademyPath), request_body = CreateClient,
    responses((status = 201, description = "The client with its secret.", body = CreatedClientView)),
    extensions(("x-problems" = json!(["answer-dropped"]))))]
#[post("/v1/academies/{academyId}/clients")]
pub(crate) async fn create_client(
    app: App,
    caller: Caller,
    path: Path<AcademyPath>,
    _: Query<NoQuery>,
    body: Json<CreateClient>,
) -> Result<Answer, Problem> {
    let academy = path.0.academy_id;
    require_management(&app, &caller, academy, Action::ManageClients).await?;
    let body = body.into_inner();
    let mut scopes: Vec<Scope> = body.scopes.into_iter().map(|scope| scope.0).collect();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Problem::invalid(vec![Fault::new(
            "/scopes",
            "required",
            "must name at least one scope",
        )]));
    }
    let secret = new_secret()?;
    let new = NewClient {
        academy_id: academy,
        name: body.name.0,
        kind: body.kind.map_or(ClientKind::Partner, |kind| kind.0),
        scopes,
        vouches_for_emails: body.vouches_for_emails.unwrap_or(false),
        secret_hash: hash_of(&secret),
    };
    app.write(&caller, async |work: &mut Work| {
        let client = ClientView::from(clients::create(work, new).await?);
        let location = format!("/v1/academies/{academy}/clients/{}", client.client_id);
        let view = CreatedClientView {
            client_id: client.client_id,
            client_secret: secret,
            academy_id: client.academy_id,
            name: client.name,
            kind: client.kind,
            scopes: client.scopes,
            vouches_for_emails: client.vouches_for_emails,
            created_at: client.created_at,
        };
        Ok(Answer::created(location, &view).etag(etag()).secret())
    })
    .await
}

/// Read a client.
///
/// Without its secret.
#[utoipa::path(tag = "identity", operation_id = "getClient", params(ClientPath),
    responses((status = 200, description = "The client.", body = ClientView)))]
#[get("/v1/academies/{academyId}/clients/{clientId}")]
pub(crate) async fn get_client(
    app: App,
    caller: Caller,
    path: Path<ClientPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let ClientPath { academy_id, client_id } = path.0;
    require_management(&app, &caller, academy_id, Action::ManageClients).await?;
    let client = clients::client(&app.store.reader(), academy_id, client_id).await?;
    let client = client.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(Answer::ok(&ClientView::from(client)).etag(etag()).private().conditional(&caller))
}

/// Revoke a client.
///
/// In force at once, for the tokens it has too. Needs `If-Match`.
#[utoipa::path(tag = "identity", operation_id = "revokeClient", params(ClientPath),
    responses((status = 204, description = "The client is revoked.")))]
#[delete("/v1/academies/{academyId}/clients/{clientId}")]
pub(crate) async fn revoke_client(
    app: App,
    caller: Caller,
    path: Path<ClientPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let ClientPath { academy_id, client_id } = path.0;
    require_management(&app, &caller, academy_id, Action::ManageClients).await?;
    app.write(&caller, async |work: &mut Work| {
        let client = clients::client(work, academy_id, client_id).await?;
        client.ok_or_else(|| Problem::new(Code::NotFound))?;
        caller.if_match(&etag())?;
        clients::revoke(work, academy_id, client_id).await?;
        Ok(Answer::no_content())
    })
    .await
}

/// 256 random bits behind a prefix that can be recognised.
fn new_secret() -> Result<String, Problem> {
    let mut bytes = [0u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Problem::new(Code::InternalError))?;
    Ok(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes)))
}
