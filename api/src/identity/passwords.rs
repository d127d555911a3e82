//! Hashing of passwords: Argon2id, as many at once as there are cores, each with 19 MiB.

use crate::http::problem::{Code, Problem};
use crate::http::secrets::Secrets;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use domain::identity::{EmailAddress, Password};
use persistence::identity::registrations::PasswordHash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Hashings that can wait; beyond it 503.
const QUEUE: usize = 1024;

/// What all passwords of one email are hashed with, so that one hash finds the registration that it belongs to
/// among all of that email (ACC-1). Nobody else's have it.
pub(crate) struct Salt([u8; 16]);

impl Salt {
    /// That of an email.
    pub(crate) fn of(secrets: &Secrets, email: &EmailAddress) -> Self {
        let hash = secrets.hmac("password-salt", email.key().as_bytes());
        let mut salt = [0; 16];
        salt.copy_from_slice(&hash[..16]);
        Self(salt)
    }
}

/// Hashes passwords off the threads that serve requests.
pub(crate) struct Passwords {
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Passwords {
    /// As many at once as there are cores.
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cores: Arc::new(Semaphore::new(cores)), waiting: AtomicUsize::new(0) }
    }

    /// The hash of a password in PHC form, with this salt; nothing for one that is longer than any that can be set.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub(crate) async fn hash(&self, password: Password, salt: Salt) -> Result<Option<PasswordHash>, Problem> {
        if password.is_oversized() {
            return Ok(None);
        }
        let hashed = self.run(move || argon2().hash_password_with_salt(password.as_bytes(), &salt.0)).await?;
        let hash = hashed.map_err(|_| Problem::new(Code::InternalError))?;
        Ok(Some(PasswordHash(hash.to_string())))
    }

    /// Whether it is the password of this hash. It takes as long as [`Self::hash`].
    ///
    /// # Errors
    /// 503 when too many wait.
    pub(crate) async fn is(&self, password: Password, hash: String) -> Result<bool, Problem> {
        if password.is_oversized() {
            return Ok(false);
        }
        self.run(move || is_password(&password, &hash)).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let place = Place::take(&self.waiting).ok_or_else(|| Problem::new(Code::Unavailable))?;
        let core = self.cores.clone().acquire_owned().await;
        let core = core.map_err(|_| Problem::new(Code::Unavailable))?;
        drop(place);
        // The core goes with the work: a request that is given up leaves no room for one more.
        let done = tokio::task::spawn_blocking(move || {
            let _core = core;
            work()
        });
        done.await.map_err(|_| Problem::new(Code::InternalError))
    }
}

/// Hashes on this thread, for commands.
pub(crate) fn hash_now(password: &Password) -> Option<PasswordHash> {
    let hash = argon2().hash_password(password.as_bytes()).ok()?;
    Some(PasswordHash(hash.to_string()))
}

fn is_password(password: &Password, hash: &str) -> bool {
    argon2().verify_password(password.as_bytes(), hash).is_ok()
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).unwrap_or(Params::DEFAULT);
    Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
}

/// A place in the queue, given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < QUEUE).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salt(email: &str) -> Salt {
        Salt::of(&Secrets::new([3; 32]), &EmailAddress::parse(email).unwrap())
    }

    async fn hash(password: &str, email: &str) -> String {
        let passwords = Passwords::new();
        let hash = passwords.hash(Password::typed(password), salt(email)).await.unwrap().unwrap().0;
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), 0);
        hash
    }

    /// ACC-1, ACC-2.
    #[actix_web::test]
    async fn one_hash_tells_the_registrations_of_an_email_apart_and_no_two_emails_share_one() {
        let quiet = hash("a quiet walk at noon", "a@b.uk").await;
        assert_eq!(quiet, hash("a quiet walk at noon", " A@B.uk ").await);
        assert_ne!(quiet, hash("a loud walk at noon", "a@b.uk").await);
        assert_ne!(quiet, hash("a quiet walk at noon", "c@d.uk").await);
        let passwords = Passwords::new();
        assert!(passwords.is(Password::typed("a quiet walk at noon"), quiet.clone()).await.unwrap());
        assert!(!passwords.is(Password::typed("a loud walk at noon"), quiet).await.unwrap());
    }

    /// ACC-2.
    #[actix_web::test]
    async fn a_password_that_nobody_can_have_is_not_hashed() {
        let long = Password::typed(&"x".repeat(257));
        assert!(Passwords::new().hash(long.clone(), salt("a@b.uk")).await.unwrap().is_none());
        assert!(!Passwords::new().is(long, hash("a quiet walk at noon", "a@b.uk").await).await.unwrap());
    }
}
