//! The demo's own HTTP client: everything it makes goes through the API, as anybody's would.

use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Everybody's password.
pub(super) const PASSWORD: &str = "leading with compassion";

/// How long to wait for a mail.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why the demo could not be furnished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// The API refused something.
    #[error("{0}")]
    Refused(String),
    /// The program's own HTTP could not be reached.
    #[error("the demo could not reach its own server: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// A folder or file.
    #[error("the demo's folder cannot be used: {0}")]
    Folder(#[from] std::io::Error),
}

/// Somebody who calls the API.
#[derive(Clone)]
pub(super) struct Guest {
    http: reqwest::Client,
    base: String,
    mails: PathBuf,
    token: Option<String>,
}

impl Guest {
    /// Nobody in particular, at the server that answers at `base` and writes its mails into `mails`.
    pub(super) fn anonymous(base: &str, mails: PathBuf) -> Result<Self, DemoError> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { http, base: base.to_owned(), mails, token: None })
    }

    /// The access token.
    pub(super) fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Registers somebody, proves their email with the token from the mail, and signs in.
    pub(super) async fn newcomer(&self, email: &str, full_name: &str) -> Result<Self, DemoError> {
        let body = json!({"email": email, "password": PASSWORD, "fullName": full_name});
        self.post("/v1/auth/register", &body).await?;
        let token = self.mailed_token(email).await?;
        self.post("/v1/auth/email-verifications", &json!({"token": token})).await?;
        self.sign_in(email, PASSWORD).await
    }

    /// Signs in.
    pub(super) async fn sign_in(&self, email: &str, password: &str) -> Result<Self, DemoError> {
        let answer = self.post("/v1/auth/login", &json!({"email": email, "password": password})).await?;
        Ok(Self { token: Some(text(&answer, "accessToken")?), ..self.clone() })
    }

    /// Signs a client in (RFC 6749 section 4.4).
    pub(super) async fn client(&self, id: &str, secret: &str, scopes: &str) -> Result<Self, DemoError> {
        let form = [("grant_type", "client_credentials"), ("scope", scopes)];
        let path = "/v1/oauth/token";
        let request = self.http.post(format!("{}{path}", self.base)).basic_auth(id, Some(secret)).form(&form);
        let answer = read("POST", path, request.send().await?).await?;
        Ok(Self { token: Some(text(&answer, "access_token")?), ..self.clone() })
    }

    /// Posts, and gives the answer's body; null where there is none.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, DemoError> {
        self.send(reqwest::Method::POST, path, body).await
    }

    /// Changes, whatever its version.
    pub(super) async fn patch(&self, path: &str, body: &Value) -> Result<Value, DemoError> {
        self.send(reqwest::Method::PATCH, path, body).await
    }

    /// Reads.
    pub(super) async fn get(&self, path: &str) -> Result<Value, DemoError> {
        let mut request = self.http.get(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        read("GET", path, request.send().await?).await
    }

    async fn send(&self, method: reqwest::Method, path: &str, body: &Value) -> Result<Value, DemoError> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base)).json(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if method == reqwest::Method::PATCH {
            request = request.header("If-Match", "*");
        }
        read(method.as_str(), path, request.send().await?).await
    }

    async fn mailed_token(&self, email: &str) -> Result<String, DemoError> {
        let mut waited = Duration::ZERO;
        let step = Duration::from_millis(20);
        while waited < PATIENCE {
            if let Some(token) = self.find_token(email).await? {
                return Ok(token);
            }
            tokio::time::sleep(step).await;
            waited += step;
        }
        Err(DemoError::Refused("no mail came with a token".to_owned()))
    }

    async fn find_token(&self, email: &str) -> Result<Option<String>, DemoError> {
        let Ok(mut entries) = tokio::fs::read_dir(&self.mails).await else { return Ok(None) };
        let to = format!("To: {email}\r\n");
        while let Some(entry) = entries.next_entry().await? {
            if entry.path().extension().is_none_or(|extension| extension != "eml") {
                continue;
            }
            let mail = tokio::fs::read_to_string(entry.path()).await?;
            if let (true, Some((_, rest))) = (mail.contains(&to), mail.split_once("verify-email?token=")) {
                return Ok(Some(rest.chars().take_while(|c| !c.is_whitespace()).collect()));
            }
        }
        Ok(None)
    }
}

/// A text field of an answer.
pub(super) fn text(answer: &Value, name: &str) -> Result<String, DemoError> {
    let found = answer.get(name).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| DemoError::Refused(format!("an answer has no {name}")))
}

async fn read(method: &str, path: &str, answer: reqwest::Response) -> Result<Value, DemoError> {
    let status = answer.status();
    let body = answer.text().await?;
    if !status.is_success() {
        return Err(DemoError::Refused(format!("{method} {path} was answered {status}: {body}")));
    }
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&body).map_err(|error| DemoError::Refused(format!("{method} {path}: {error}")))
}
