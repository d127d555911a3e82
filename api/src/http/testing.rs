//! What tests beside the code stand on: everything shared, on a database of their own.

use super::app::{App, Shared};
use super::caller::Caller;
use super::context::Body;
use crate::program::settings::Layers;
use actix_web::HttpMessage;
use actix_web::test::TestRequest;
use domain::identity::{Actor, PersonActor};
use domain::ids::PersonId;
use persistence::{Store, SystemClock};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Shared parts on a fresh embedded database, which goes with the folder.
pub(crate) async fn shared() -> (App, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("academy.db").display());
    let flags = BTreeMap::from([("database_url", url)]);
    let settings = Layers::collect(None, flags, |_| None).unwrap().parse().unwrap();
    let store = Store::open(&settings.database_url, Arc::new(SystemClock)).await.unwrap();
    store.migrate().await.unwrap();
    (App::new(Shared::open(Arc::new(store), settings).await.unwrap()), folder)
}

/// A signed-in person without roles.
pub(crate) fn person(number: u128) -> Actor {
    Actor::Person(PersonActor {
        id: PersonId(uuid::Uuid::from_u128(number)),
        email_key: "ellie@example.nhs.uk".into(),
        email_verified: true,
        platform_admin: false,
        roles: vec![],
    })
}

/// Somebody who posts `body` to `/v1/x` under a key.
pub(crate) fn poster(actor: Actor, key: Option<&str>, body: &str) -> Caller {
    let mut request = TestRequest::post().uri("/v1/x");
    if let Some(key) = key {
        request = request.insert_header(("Idempotency-Key", key));
    }
    let request = request.to_http_request();
    request.extensions_mut().insert(Body(body.to_owned().into()));
    Caller::sample(actor, &request)
}
