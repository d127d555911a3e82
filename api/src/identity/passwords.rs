//! Hashing of passwords: Argon2id, as many at once as there are cores, each with 19 MiB.

use crate::http::problem::{Code, Problem};
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use domain::identity::Password;
use domain::ids::PersonId;
use persistence::identity::registrations::PasswordHash;
use persistence::identity::sessions::Candidate;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Hashings that can wait; beyond it 503.
const QUEUE: usize = 1024;

/// What a password of nobody is checked against, so that it takes as long as one of somebody.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo";

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

    /// The hash of a new password, in PHC form.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, Problem> {
        let hashed = self.run(move || hash_now(&password)).await?;
        hashed.ok_or_else(|| Problem::new(Code::InternalError))
    }

    /// The first of these whose password it is. With none at all it takes as long as with one.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub(crate) async fn whose(
        &self,
        password: Password,
        candidates: Vec<Candidate>,
    ) -> Result<Option<PersonId>, Problem> {
        self.run(move || {
            if candidates.is_empty() {
                let _ = is_password(&password, NOBODYS);
            }
            let own = candidates.iter().find(|candidate| is_password(&password, &candidate.password_hash));
            own.map(|candidate| candidate.person)
        })
        .await
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
    !password.is_oversized() && argon2().verify_password(password.as_bytes(), hash).is_ok()
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
    use uuid::Uuid;

    fn candidate(id: u128, password: &str) -> Candidate {
        let password_hash = hash_now(&Password::typed(password)).unwrap().0;
        Candidate { person: PersonId(Uuid::from_u128(id)), password_hash }
    }

    /// ACC-1, ACC-2.
    #[actix_web::test]
    async fn of_several_registrations_the_one_with_that_password_is_meant() {
        let passwords = Passwords::new();
        let all = vec![candidate(1, "a quiet walk at noon"), candidate(2, "a loud walk at noon")];
        let typed = |raw| Password::typed(raw);
        let found = passwords.whose(typed("a loud walk at noon"), all.clone()).await.unwrap();
        assert_eq!(found, Some(all[1].person));
        assert_eq!(passwords.whose(typed("no walk at all today"), all).await.unwrap(), None);
        assert_eq!(passwords.whose(typed("a quiet walk at noon"), vec![]).await.unwrap(), None);
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), 0);
    }

    /// ACC-2.
    #[test]
    fn nobodys_hash_costs_what_everybodys_does() {
        let head = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(head(NOBODYS), head(&candidate(1, "a quiet walk at noon").password_hash));
        assert!(argon2::PasswordHash::new(NOBODYS).is_ok());
    }
}
