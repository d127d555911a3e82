//! Keys of this academy service, all derived from one secret that lives in the database.

use crate::program::Failure;
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, hmac};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use persistence::Store;
use persistence::identity::keys::{KeyPurpose, load_or_create};
use std::sync::Arc;
use uuid::Uuid;

/// What can be signed and sealed. Each purpose has a key of its own, so nothing made for one is good for another.
#[derive(Clone)]
pub(crate) struct Secrets(Arc<[u8; 32]>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

const NONCE: usize = 12;
const TOKEN_MAC: usize = 16;

impl Secrets {
    /// From the 32 bytes kept under `server_key`, purpose `secret`.
    pub(crate) fn new(master: [u8; 32]) -> Self {
        Self(Arc::new(master))
    }

    /// Loads the secret that all servers share, made at the first start.
    ///
    /// # Errors
    /// When the database doesn't answer or the kept key can't be read.
    pub(crate) async fn load(store: &Store) -> Result<Self, Failure> {
        let unread = || Failure("the key kept for `secret` can't be read".into());
        let keys = load_or_create(store, KeyPurpose::Secret, fresh).await?;
        let kept = keys.first().and_then(|key| BASE64.decode(key.material.as_bytes()).ok());
        Ok(Self::new(kept.and_then(|bytes| bytes.try_into().ok()).ok_or_else(unread)?))
    }

    fn key_for(&self, purpose: &str) -> [u8; 32] {
        sign(self.0.as_slice(), purpose.as_bytes())
    }

    /// A keyed hash, for one purpose.
    pub(crate) fn hmac(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        sign(&self.key_for(purpose), data)
    }

    /// Seals bytes for one purpose (AES-256-GCM), as base64. `None` when the machine has no randomness.
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Option<String> {
        let key = self.sealing_key(purpose)?;
        let mut sealed = plain.to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut sealed).ok()?;
        let mut all = nonce.as_ref().to_vec();
        all.append(&mut sealed);
        Some(BASE64.encode(&all))
    }

    /// Opens what [`Self::seal`] made; `None` for anything else.
    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let all = BASE64.decode(sealed.as_bytes()).ok()?;
        let (nonce, sealed) = all.split_at_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let key = self.sealing_key(purpose)?;
        let plain = key.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut sealed).ok()?;
        Some(plain.to_vec())
    }

    fn sealing_key(&self, purpose: &str) -> Option<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.key_for(&format!("seal:{purpose}"))).ok()
    }

    /// The token that stands for a `mail_token` row: nothing secret is stored.
    pub(crate) fn mail_token(&self, purpose: &str, id: Uuid) -> String {
        let mut bytes = id.as_bytes().to_vec();
        bytes.extend_from_slice(&self.token_mac(purpose, id));
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The row that a token stands for; `None` when it isn't one of ours for this purpose.
    pub(crate) fn read_mail_token(&self, purpose: &str, token: &str) -> Option<Uuid> {
        let bytes = BASE64URL_NOPAD.decode(token.trim().as_bytes()).ok()?;
        let (id, mac) = bytes.split_at_checked(16)?;
        let id = Uuid::from_slice(id).ok()?;
        constant_time::verify_slices_are_equal(&self.token_mac(purpose, id), mac).ok()?;
        Some(id)
    }

    fn token_mac(&self, purpose: &str, id: Uuid) -> [u8; TOKEN_MAC] {
        let hash = self.hmac(&format!("mail-token:{purpose}"), id.as_bytes());
        let mut mac = [0; TOKEN_MAC];
        mac.copy_from_slice(&hash[..TOKEN_MAC]);
        mac
    }
}

/// 32 random bytes as base64; empty, and so refused, when the machine has no randomness.
fn fresh() -> String {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map(|()| BASE64.encode(&bytes)).unwrap_or_default()
}

fn sign(key: &[u8], data: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data);
    let mut out = [0; 32];
    out.copy_from_slice(tag.as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_for_its_purpose_only() {
        let secrets = Secrets::new([1; 32]);
        let sealed = secrets.seal("a", b"shown once").unwrap();
        assert_eq!(secrets.open("a", &sealed).unwrap(), b"shown once");
        assert!(secrets.open("b", &sealed).is_none());
        assert!(Secrets::new([2; 32]).open("a", &sealed).is_none());
        assert!(secrets.open("a", "AAAA").is_none());
    }

    #[test]
    fn a_mail_token_names_its_row_for_its_purpose_only() {
        let secrets = Secrets::new([1; 32]);
        let id = Uuid::from_u128(7);
        let token = secrets.mail_token("verify_email", id);
        assert_eq!(secrets.read_mail_token("verify_email", &token), Some(id));
        assert!(secrets.read_mail_token("offer", &token).is_none());
        assert!(secrets.read_mail_token("verify_email", &token[1..]).is_none());
        assert!(secrets.read_mail_token("verify_email", "").is_none());
    }
}
