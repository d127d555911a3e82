//! Access tokens: short-lived JWTs signed with Ed25519 (ACC-2; RFC 9068, RFC 8725).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use domain::identity::Scope;
use domain::ids::{ClientId, PersonId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use persistence::identity::keys::{KeyPurpose, ServerKey, load_or_create};
use persistence::{Clock, Store, StoreError, SystemClock, new_id};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// How long an access token is good for.
pub(crate) const ACCESS_LIFE: TimeDelta = TimeDelta::minutes(15);

/// Longer texts are refused before they are looked at.
const LONGEST: usize = 4096;

/// Verified tokens remembered at most.
const REMEMBERED: usize = 10_000;

/// How far the clocks of two servers may differ, in seconds.
const LEEWAY: u64 = 5;

/// Who makes these tokens, and for whom: the same on every server of a database, whatever its address is. Its
/// keys tell one service from another.
const ISSUER: &str = "academy";
const AUDIENCE: &str = "academy";

/// Media type of such tokens (RFC 9068 section 2.1).
const TYPE: &str = "at+jwt";

/// Whose token it is, as the token says. Rights are looked up anew for each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A person, and the sign-in that the token comes from, where it comes from one.
    Person(PersonId, Option<Uuid>),
    /// A client, and the scopes that it asked for.
    Client(ClientId, Vec<Scope>),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: Uuid,
    /// The sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

#[derive(Clone)]
struct Remembered {
    holder: Arc<Holder>,
    expires_at: i64,
}

/// The keys that sign access tokens, and those that are only read with still.
pub(crate) struct SigningKeys {
    header: Header,
    signing: EncodingKey,
    reading: HashMap<String, DecodingKey>,
    public: Vec<PublicKey>,
    validation: Validation,
    remembered: Cache<String, Remembered>,
}

/// A public key as it is published.
#[derive(Clone, Debug)]
pub(crate) struct PublicKey {
    /// Names it in tokens.
    pub kid: String,
    /// The key, base64url.
    pub x: String,
}

impl SigningKeys {
    /// Loads the keys, or makes the first.
    ///
    /// # Errors
    /// When the database doesn't answer, or a key in it is unusable.
    pub(crate) async fn load(store: &Store) -> Result<Self, StoreError> {
        let made = make()?;
        let kept = load_or_create(store, KeyPurpose::Signing, || made).await?;
        Self::from_keys(&kept)
    }

    fn from_keys(kept: &[ServerKey]) -> Result<Self, StoreError> {
        let newest = kept.first().ok_or_else(|| unusable("missing"))?;
        let mut reading = HashMap::new();
        let mut public = Vec::new();
        for key in kept {
            let x = BASE64URL_NOPAD.encode(pair(key)?.public_key().as_ref());
            let decoding = DecodingKey::from_ed_components(&x).map_err(|_| unusable("unreadable"))?;
            reading.insert(key.id.to_string(), decoding);
            public.push(PublicKey { kid: key.id.to_string(), x });
        }
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(newest.id.to_string());
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        let der = material(newest)?;
        Ok(Self {
            header,
            signing: EncodingKey::from_ed_der(&der),
            reading,
            public,
            validation,
            remembered: Cache::new(REMEMBERED),
        })
    }

    /// The keys to publish.
    pub(crate) fn public(&self) -> &[PublicKey] {
        &self.public
    }

    /// A token for a person, which ends with that sign-in at the latest; `None` when it can't be signed.
    pub(crate) fn person_token(
        &self,
        person: PersonId,
        sign_in: Option<Uuid>,
        life: TimeDelta,
    ) -> Option<String> {
        self.sign(person.0, sign_in, None, life)
    }

    /// A token for a client with these scopes; `None` when it can't be signed.
    pub(crate) fn client_token(&self, client: ClientId, scopes: &[Scope], life: TimeDelta) -> Option<String> {
        let words: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        self.sign(client.0, None, Some(words.join(" ")), life)
    }

    fn sign(&self, sub: Uuid, sid: Option<Uuid>, scope: Option<String>, life: TimeDelta) -> Option<String> {
        // Tokens live by the machine's clock: the database need not be asked.
        let now = SystemClock.now();
        let (iat, exp) = (now.timestamp(), (now + life).timestamp());
        let (iss, aud) = (ISSUER.to_owned(), AUDIENCE.to_owned());
        let client_id = scope.is_some().then_some(sub);
        let claims = Claims { iss, aud, sub, exp, nbf: iat, iat, jti: new_id(), sid, client_id, scope };
        let signed = encode(&self.header, &claims, &self.signing);
        signed.inspect_err(|error| tracing::error!(%error, "a token could not be signed")).ok()
    }

    /// Whose token it is; `None` when it doesn't hold. One that was verified is remembered until its end.
    pub(crate) fn read(&self, token: &str) -> Option<Arc<Holder>> {
        if token.len() > LONGEST {
            return None;
        }
        let now = SystemClock.now();
        if let Some(known) = self.remembered.get(token) {
            return (!is_past(known.expires_at, now)).then_some(known.holder);
        }
        let header = decode_header(token).ok()?;
        if header.typ.as_deref() != Some(TYPE) {
            return None;
        }
        // Only our own keys count, whatever else the header names.
        let key = self.reading.get(header.kid.as_deref()?)?;
        let claims = decode::<Claims>(token, key, &self.validation).ok()?.claims;
        let holder = Arc::new(holder(&claims)?);
        let remembered = Remembered { holder: holder.clone(), expires_at: claims.exp };
        self.remembered.insert(token.to_owned(), remembered);
        Some(holder)
    }
}

fn is_past(expires_at: i64, now: DateTime<Utc>) -> bool {
    now.timestamp() > expires_at.saturating_add_unsigned(LEEWAY)
}

fn holder(claims: &Claims) -> Option<Holder> {
    match (claims.client_id, &claims.scope) {
        (None, None) => Some(Holder::Person(PersonId(claims.sub), claims.sid)),
        (Some(client), Some(scope)) if client == claims.sub => {
            Some(Holder::Client(ClientId(client), scope.split(' ').filter_map(Scope::parse).collect()))
        }
        _ => None,
    }
}

fn make() -> Result<String, StoreError> {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let der = Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| unusable("not made"))?;
    Ok(BASE64.encode(der.as_ref()))
}

fn material(key: &ServerKey) -> Result<Vec<u8>, StoreError> {
    BASE64.decode(key.material.as_bytes()).map_err(|_| unusable("unreadable"))
}

fn pair(key: &ServerKey) -> Result<Ed25519KeyPair, StoreError> {
    Ed25519KeyPair::from_pkcs8(&material(key)?).map_err(|_| unusable("unreadable"))
}

fn unusable(how: &str) -> StoreError {
    StoreError::SetUp(format!("the signing key is {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(kept: &[ServerKey]) -> SigningKeys {
        SigningKeys::from_keys(kept).unwrap()
    }

    fn key() -> ServerKey {
        ServerKey { id: new_id(), material: make().unwrap(), retired: false }
    }

    const ELLIE: PersonId = PersonId(Uuid::from_u128(7));
    const SIGN_IN: Uuid = Uuid::from_u128(8);

    /// ACC-2.
    #[test]
    fn a_token_says_whose_it_is_until_its_end() {
        let keys = keys(&[key()]);
        let token = keys.person_token(ELLIE, Some(SIGN_IN), ACCESS_LIFE).unwrap();
        for _ in 0..2 {
            assert_eq!(*keys.read(&token).unwrap(), Holder::Person(ELLIE, Some(SIGN_IN)));
        }
        let ended = keys.person_token(ELLIE, Some(SIGN_IN), TimeDelta::seconds(-30)).unwrap();
        assert!(keys.read(&ended).is_none());
    }

    /// ACC-4.
    #[test]
    fn a_client_token_holds_the_scopes_that_were_asked_for() {
        let keys = keys(&[key()]);
        let client = ClientId(Uuid::from_u128(9));
        let scopes = [Scope::BookingsRead, Scope::BookingsWrite];
        let token = keys.client_token(client, &scopes, ACCESS_LIFE).unwrap();
        assert_eq!(*keys.read(&token).unwrap(), Holder::Client(client, scopes.to_vec()));
    }

    /// ACC-2.
    #[test]
    fn what_is_not_signed_here_for_here_is_refused() {
        let (ours, old) = (key(), key());
        let here = keys(&[ours.clone(), old.clone()]);
        let forged = keys(&[ServerKey { id: ours.id, ..key() }]);
        assert!(here.read(&forged.person_token(ELLIE, Some(SIGN_IN), ACCESS_LIFE).unwrap()).is_none(), "key");
        let retired = keys(&[old]);
        assert!(
            here.read(&retired.person_token(ELLIE, Some(SIGN_IN), ACCESS_LIFE).unwrap()).is_some(),
            "older key"
        );
        let token = here.person_token(ELLIE, Some(SIGN_IN), ACCESS_LIFE).unwrap();
        let (head, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"at+jwt"}"#);
        for bad in [
            String::new(),
            "a.b.c".into(),
            token.clone() + "x",
            format!("{head}.{}.{signature}", BASE64URL_NOPAD.encode(b"{}")),
            format!("{none}.{}.", rest.split_once('.').unwrap().0),
            "x".repeat(LONGEST + 1),
        ] {
            assert!(here.read(&bad).is_none(), "{bad}");
        }
    }
}
