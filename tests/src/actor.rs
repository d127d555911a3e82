//! Who calls: the client of a test *is* the actor.

use crate::{Answer, Server};
use reqwest::Method;
use serde_json::{Value, json};
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Somebody, or a program, who calls one server. Signs in again by itself when its token has run out.
#[derive(Clone)]
pub struct Actor {
    server: Arc<Server>,
    http: reqwest::Client,
    identity: Arc<Identity>,
}

struct Identity {
    name: String,
    credentials: Credentials,
    token: Mutex<Option<String>>,
}

/// How an actor signs in.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    None,
    Password { email: String, password: String },
    Client { id: String, secret: String },
}

impl Actor {
    pub(crate) fn new(
        server: &Arc<Server>,
        name: &str,
        credentials: Credentials,
        token: Option<String>,
    ) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = http.no_proxy().timeout(std::time::Duration::from_secs(60)).build();
        let identity = Identity { name: name.to_owned(), credentials, token: Mutex::new(token) };
        Self { server: server.clone(), http: http.expect("an HTTP client"), identity: Arc::new(identity) }
    }

    /// The same actor, calling another server.
    pub fn at(&self, server: &Arc<Server>) -> Self {
        Self { server: server.clone(), ..self.clone() }
    }

    /// The email the actor signs in with; empty when it has none.
    pub fn email(&self) -> String {
        match &self.identity.credentials {
            Credentials::Password { email, .. } => email.clone(),
            _ => String::new(),
        }
    }

    /// The password the actor signs in with; empty when it has none.
    pub fn password(&self) -> String {
        match &self.identity.credentials {
            Credentials::Password { password, .. } => password.clone(),
            _ => String::new(),
        }
    }

    /// A client's id; empty for people.
    pub fn client_id(&self) -> String {
        match &self.identity.credentials {
            Credentials::Client { id, .. } => id.clone(),
            _ => String::new(),
        }
    }

    /// A client's secret; empty for people.
    pub fn client_secret(&self) -> String {
        match &self.identity.credentials {
            Credentials::Client { secret, .. } => secret.clone(),
            _ => String::new(),
        }
    }

    /// A fresh access token, for whoever calls without this actor: the one in use may run out at any moment.
    ///
    /// # Panics
    /// When the actor can't sign in.
    pub async fn token(&self) -> Option<String> {
        if matches!(self.identity.credentials, Credentials::None) {
            self.token_in_use().await
        } else {
            self.sign_in().await
        }
    }

    /// The access token in use, after signing in when there is none yet.
    async fn token_in_use(&self) -> Option<String> {
        let held = self.identity.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if held.is_some() { held } else { self.sign_in().await }
    }

    async fn sign_in(&self) -> Option<String> {
        let sent = match &self.identity.credentials {
            Credentials::None => return None,
            Credentials::Password { email, password } => {
                let body = json!({"email": email, "password": password});
                self.send(&Call::new(Method::POST, "/v1/auth/login").json(&body), None).await
            }
            Credentials::Client { id, secret } => {
                let call = Call::new(Method::POST, "/v1/oauth/token").body(
                    "application/x-www-form-urlencoded",
                    format!("grant_type=client_credentials&client_id={id}&client_secret={secret}"),
                );
                self.send(&call, None).await
            }
        };
        let answer = sent.unwrap_or_else(|broken| panic!("{broken}"));
        let token = &answer["access_token"];
        let token = token.as_str().or(answer["accessToken"].as_str()).map(str::to_owned);
        assert!(token.is_some(), "{} can't sign in: {}", self.identity.name, answer.described());
        self.identity.token.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&token);
        token
    }

    /// `GET`.
    pub fn get(&self, path: impl AsRef<str>) -> Request {
        self.request("GET", path)
    }

    /// `POST` with a JSON body.
    pub fn post(&self, path: impl AsRef<str>, body: Value) -> Request {
        self.request("POST", path).json(body)
    }

    /// `PUT` with a JSON body, for whatever version there is (`If-Match: *`).
    pub fn put(&self, path: impl AsRef<str>, body: Value) -> Request {
        self.request("PUT", path).json(body).if_match("*")
    }

    /// `PATCH` with a merge patch, for whatever version there is (`If-Match: *`).
    pub fn patch(&self, path: impl AsRef<str>, body: Value) -> Request {
        let patch = self.request("PATCH", path).bytes("application/merge-patch+json", body.to_string());
        patch.if_match("*")
    }

    /// `DELETE`, of whatever version there is (`If-Match: *`).
    pub fn delete(&self, path: impl AsRef<str>) -> Request {
        self.request("DELETE", path).if_match("*")
    }

    /// Any method, without a body.
    ///
    /// # Panics
    /// When the method is no method.
    pub fn request(&self, method: &str, path: impl AsRef<str>) -> Request {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        Request { actor: self.clone(), call: Call::new(method, path.as_ref()), may_fail: false }
    }

    /// Every item of a list, page by page.
    ///
    /// # Panics
    /// When a page is refused.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{joint}limit=200");
        let mut next = first.clone();
        loop {
            let page = self.get(&next).await.ok();
            items.extend(page["items"].as_array().expect("a list").iter().cloned());
            let Some(cursor) = page["nextCursor"].as_str() else { return items };
            next = format!("{first}&cursor={cursor}");
        }
    }

    async fn send(&self, call: &Call, token: Option<&str>) -> Result<Answer, String> {
        let url = format!("{}{}", self.server.base(), call.path);
        let mut request = self.http.request(call.method.clone(), &url);
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = &call.body {
            request = request.body(body.clone());
        }
        let sent = Instant::now();
        let name = &self.identity.name;
        let text = String::from_utf8_lossy(call.body.as_deref().unwrap_or_default());
        let text: String = text.chars().take(2_000).collect();
        let described = format!("{name}: {} {} {text}", call.method, call.path);
        let broken = |error: reqwest::Error| format!("{described}\n-> {error:?}");
        let answer = request.send().await.map_err(broken)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.map_err(broken)?;
        Ok(Answer::new(described.clone(), status, headers, body.to_vec(), sent))
    }
}

#[derive(Clone)]
struct Call {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Call {
    fn new(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), headers: Vec::new(), body: None }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.set("content-type", media_type);
        self.body = Some(body.into());
        self
    }
}

/// A request to be awaited.
#[derive(Clone)]
#[must_use = "a request is sent when it is awaited"]
pub struct Request {
    actor: Actor,
    call: Call,
    may_fail: bool,
}

impl Request {
    /// Sets a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.call.set(name, value);
        self
    }

    /// Takes a header away.
    pub fn without(mut self, name: &str) -> Self {
        self.call.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Sets `If-Match`.
    pub fn if_match(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }

    /// Sets `Idempotency-Key`.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sets a JSON body.
    pub fn json(mut self, body: Value) -> Self {
        self.call = self.call.json(&body);
        self
    }

    /// Sets a body as it is.
    pub fn bytes(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.call = self.call.body(media_type, body);
        self
    }

    /// Takes a 5xx for an answer, where others fail the test.
    pub fn may_fail(mut self) -> Self {
        self.may_fail = true;
        self
    }

    /// Sends it, where the connection may break: then nobody knows what became of it.
    ///
    /// # Errors
    /// How it broke.
    pub async fn attempt(self) -> Result<Answer, String> {
        let token = self.actor.token_in_use().await;
        let mut answer = self.actor.send(&self.call, token.as_deref()).await?;
        if answer.status == 401 && token.is_some() {
            let token = self.actor.sign_in().await;
            if token.is_some() {
                answer = self.actor.send(&self.call, token.as_deref()).await?;
            }
        }
        answer.follows_the_house_rules(self.call.method.as_str(), &self.call.path);
        assert!(self.may_fail || answer.status < 500, "{}", answer.described());
        Ok(answer)
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.attempt().await.unwrap_or_else(|broken| panic!("{broken}")) })
    }
}
