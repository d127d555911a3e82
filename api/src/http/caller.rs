//! The extractor that says who calls and carries what the request brings along.

use super::app::App;
use super::context::{Body, Context, bearer};
use super::etag::ETag;
use super::problem::{Code, Problem, ProblemFault};
use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpRequest, web};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use domain::identity::{Action, Actor, ClientActor, PersonActor, Resource, Verdict, permits};
use domain::planted::{Bug, is_on};
use futures::future::LocalBoxFuture;
use persistence::governance::repeats::RequestKey;
use persistence::{AuditActor, Origin};

/// Who calls, with all of the request's context.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Who.
    pub actor: Actor,
    context: Context,
    operation: String,
    path: String,
    query: String,
    body: Bytes,
    keys: Vec<Vec<u8>>,
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl Caller {
    /// Asks the domain (ACC-5) and turns a refusal into its problem.
    ///
    /// # Errors
    /// 401, 403 or 404 (ACC-3).
    pub(crate) fn require(&self, action: Action, resource: &Resource) -> Result<(), Problem> {
        match permits(&self.actor, action, resource) {
            Verdict::Allowed => Ok(()),
            Verdict::SignIn => Err(Problem::new(Code::Unauthenticated)),
            Verdict::Forbidden => Err(Problem::new(Code::Forbidden)),
            Verdict::Hidden => Err(Problem::new(Code::NotFound)),
        }
    }

    /// Whether the domain permits it, where the answer depends on it but nothing is refused.
    pub(crate) fn may(&self, action: Action, resource: &Resource) -> bool {
        permits(&self.actor, action, resource) == Verdict::Allowed
    }

    /// The signed-in person.
    ///
    /// # Errors
    /// 401 when nobody is signed in, 403 for clients.
    pub(crate) fn person(&self) -> Result<&PersonActor, Problem> {
        match &self.actor {
            Actor::Person(person) => Ok(person),
            Actor::Anonymous => Err(Problem::new(Code::Unauthenticated)),
            Actor::Client(_) => {
                Err(Problem::new(Code::Forbidden).detail("This is for people who sign in, not for clients."))
            }
        }
    }

    /// The client, where one calls.
    pub(crate) fn client(&self) -> Option<&ClientActor> {
        match &self.actor {
            Actor::Client(client) => Some(client),
            _ => None,
        }
    }

    /// Who acts, for the audit.
    pub(crate) fn audit_actor(&self) -> AuditActor {
        match &self.actor {
            Actor::Anonymous => AuditActor::Anonymous,
            Actor::Person(person) => AuditActor::Person(person.id),
            Actor::Client(client) => AuditActor::Client(client.id),
        }
    }

    /// Where this caller's changes come from.
    pub(crate) fn origin(&self) -> Origin {
        self.context.origin(self.audit_actor())
    }

    /// The path as it was sent.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The query as it was sent, without `?`.
    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    /// The key of this request's repeats: sent by a signed-in caller with a `POST` (ADM-10).
    ///
    /// # Errors
    /// 400 `idempotency-key-invalid`.
    pub(crate) fn request_key(&self) -> Result<Option<RequestKey>, Problem> {
        let caller = match &self.actor {
            Actor::Anonymous => return Ok(None),
            Actor::Person(person) => format!("person:{}", person.id),
            Actor::Client(client) => format!("client:{}", client.id),
        };
        let key = match self.keys.as_slice() {
            _ if self.context.method != Method::POST => return Ok(None),
            [] => return Ok(None),
            [key] if is_key(key) => String::from_utf8_lossy(key).into_owned(),
            _ => {
                let fault = ProblemFault::header(
                    "Idempotency-Key",
                    "invalid-value",
                    "must be sent once, with 1 to 255 visible ASCII characters",
                );
                return Err(Problem::new(Code::IdempotencyKeyInvalid).placed(vec![fault]));
            }
        };
        Ok(Some(RequestKey { caller, key, fingerprint: self.fingerprint() }))
    }

    /// Hash of operation, path, query and body.
    fn fingerprint(&self) -> String {
        use aws_lc_rs::digest::{Context as Hash, SHA256};
        let mut hash = Hash::new(&SHA256);
        let body: &[u8] = if is_on(Bug::KeyIgnoresBody) { &[] } else { &self.body };
        for part in [self.operation.as_bytes(), self.path.as_bytes(), self.query.as_bytes(), body] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        HEXLOWER.encode(hash.finish().as_ref())
    }

    /// Checks `If-Match` against what is there now.
    ///
    /// # Errors
    /// 428 when it wasn't sent, 412 when it names another version.
    pub(crate) fn if_match(&self, current: &ETag) -> Result<(), Problem> {
        match self.if_match.as_deref() {
            None => Err(Problem::new(Code::PreconditionRequired)),
            Some(list) if current.is_named_for_change(list) => Ok(()),
            Some(_) => Err(Problem::new(Code::PreconditionFailed)),
        }
    }

    /// Whether the caller doesn't care which version is changed.
    pub(crate) fn if_match_any(&self) -> bool {
        self.if_match.as_deref().is_some_and(|list| list.trim() == "*")
    }

    /// The same for a `PUT` that may make something new: nothing need be sent while nothing is there.
    ///
    /// # Errors
    /// As [`Self::if_match`]; 412 when a version is named and nothing is there.
    pub(crate) fn if_match_or_new(&self, current: Option<&ETag>) -> Result<(), Problem> {
        match (current, self.if_match.as_deref()) {
            (Some(current), _) => self.if_match(current),
            (None, None) => Ok(()),
            (None, Some(_)) => Err(Problem::new(Code::PreconditionFailed)),
        }
    }

    /// Whether the caller has this very version already: then a `GET` answers 304.
    pub(crate) fn has_already(&self, current: &ETag) -> bool {
        self.if_none_match.as_deref().is_some_and(|list| current.is_named(list))
    }
}

/// 1 to 255 visible ASCII characters.
fn is_key(key: &[u8]) -> bool {
    (1..=255).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic)
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let app: &App = request
                .app_data::<web::Data<super::app::Shared>>()
                .ok_or_else(|| Problem::new(Code::InternalError))?;
            let token = bearer(&request).map_err(|()| Problem::invalid_token())?;
            let actor = crate::identity::authenticate(app, token).await?;
            Ok(Self::new(&request, actor))
        })
    }
}

impl Caller {
    fn new(request: &HttpRequest, actor: Actor) -> Self {
        let context = Context::of(request);
        let headers = request.headers();
        let list = |name: header::HeaderName| {
            let lines: Vec<&str> = headers.get_all(name).filter_map(|line| line.to_str().ok()).collect();
            (!lines.is_empty()).then(|| lines.join(","))
        };
        let pattern = request.match_pattern().unwrap_or_default();
        Self {
            actor,
            operation: format!("{} {pattern}", context.method),
            path: request.path().to_owned(),
            query: request.query_string().to_owned(),
            body: Body::of(request),
            keys: headers.get_all("idempotency-key").map(|line| line.as_bytes().to_vec()).collect(),
            if_match: list(header::IF_MATCH),
            if_none_match: list(header::IF_NONE_MATCH),
            context,
        }
    }

    /// A caller as a test needs one.
    #[cfg(test)]
    pub(crate) fn sample(actor: Actor, request: &HttpRequest) -> Self {
        Self::new(request, actor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use domain::ids::PersonId;

    fn person() -> Actor {
        Actor::Person(PersonActor {
            id: PersonId(uuid::Uuid::nil()),
            email_key: "ellie@example.nhs.uk".into(),
            email_verified: true,
            platform_admin: false,
            roles: vec![],
        })
    }

    fn posted(key: &str, body: &'static str) -> Caller {
        use actix_web::HttpMessage;
        let request =
            TestRequest::post().uri("/v1/x").insert_header(("Idempotency-Key", key)).to_http_request();
        request.extensions_mut().insert(Body(Bytes::from_static(body.as_bytes())));
        Caller::sample(person(), &request)
    }

    /// ADM-10.
    #[test]
    fn a_key_stands_for_one_request() {
        let first = posted("k1", "{}").request_key().unwrap().unwrap();
        assert_eq!(first.fingerprint, posted("k1", "{}").request_key().unwrap().unwrap().fingerprint);
        assert_ne!(first.fingerprint, posted("k1", "{ }").request_key().unwrap().unwrap().fingerprint);
    }

    #[test]
    fn a_key_has_1_to_255_visible_characters() {
        for bad in ["", "a b", &"k".repeat(256), "é"] {
            let refused = posted(bad, "").request_key().unwrap_err();
            assert_eq!(refused.code(), Code::IdempotencyKeyInvalid, "{bad:?}");
        }
    }

    #[test]
    fn an_anonymous_key_is_ignored() {
        let mut caller = posted("", "");
        caller.actor = Actor::Anonymous;
        assert!(caller.request_key().unwrap().is_none());
    }

    #[test]
    fn a_change_names_the_version_it_changes() {
        let with = |value: Option<&str>| {
            let mut request = TestRequest::patch();
            if let Some(value) = value {
                request = request.insert_header(("If-Match", value));
            }
            Caller::sample(person(), &request.to_http_request()).if_match(&ETag::of_revision(3))
        };
        assert_eq!(with(None).unwrap_err().code(), Code::PreconditionRequired);
        assert_eq!(with(Some("\"2\"")).unwrap_err().code(), Code::PreconditionFailed);
        assert!(with(Some("\"2\", \"3\"")).is_ok());
        assert!(with(Some("*")).is_ok());
    }
}
