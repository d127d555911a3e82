//! The public listing, ready serialised in memory.
//!
//! An entry is good for one generation. A commit that changes what the listing shows begins a new one: at once on the
//! server that made it ([`Store::listing_changes`]), within a second on the others, which look at the version in the
//! database at most once in that time. An entry also ends when something of it changes by the clock alone.

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use persistence::{Result, Store, catalogue};
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long another server's change may go unseen; under the second that the contract gives.
const GLANCE_EVERY: Duration = Duration::from_millis(800);

/// How many bytes of answers are kept.
const CAPACITY: u64 = 32 * 1024 * 1024;

/// Queries longer than this aren't remembered as they were written.
const LONGEST_ALIAS: usize = 512;

/// One page of the listing.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The body.
    pub(crate) body: Bytes,
    /// Its version, quoted.
    pub(crate) etag: HeaderValue,
    /// `Link` to the next page.
    pub(crate) link: Option<HeaderValue>,
    /// When it ends by the clock.
    pub(crate) ends: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    generation: u64,
    query: Box<str>,
}

/// A [`Key`] without its own copy of the query.
struct KeyRef<'a> {
    generation: u64,
    query: &'a str,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        KeyRef { generation: self.generation, query: &self.query }.hash(state);
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.generation.hash(state);
        self.query.hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.generation == key.generation && *self.query == *key.query
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Arc<Entry>> for ByBytes {
    fn weight(&self, key: &Key, entry: &Arc<Entry>) -> u64 {
        (key.query.len() + entry.body.len() + 256) as u64
    }
}

/// The listing's pages by query.
pub(crate) struct CatalogueCache {
    pages: Cache<Key, Arc<Entry>, ByBytes>,
    changes_elsewhere: AtomicU64,
    began: Instant,
    glance_due: AtomicU64,
    seen: Mutex<Option<i64>>,
}

impl CatalogueCache {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self {
            pages: Cache::with_weighter(1_000, CAPACITY, ByBytes),
            changes_elsewhere: AtomicU64::new(0),
            began: Instant::now(),
            glance_due: AtomicU64::new(0),
            seen: Mutex::new(None),
        }
    }

    /// The generation now, once the database has been looked at recently enough. Where the data lives in a file of
    /// this program's own, nobody else changes it and nothing is looked at.
    pub(crate) async fn generation(&self, store: &Store) -> u64 {
        if !store.is_embedded() && self.millis() >= self.glance_due.load(Ordering::Acquire) {
            self.glance(store).await;
        }
        store.listing_changes() + self.changes_elsewhere.load(Ordering::Acquire)
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// One looks, the others wait for it. Without an answer what is in memory is served on.
    async fn glance(&self, store: &Store) {
        let mut seen = self.seen.lock().await;
        let now = self.millis();
        if now < self.glance_due.load(Ordering::Acquire) {
            return;
        }
        match catalogue::listing_version(&store.reader()).await {
            Ok(version) => {
                if seen.replace(version).is_some_and(|before| before != version) {
                    self.changes_elsewhere.fetch_add(1, Ordering::AcqRel);
                }
            }
            Err(error) => tracing::warn!(%error, "the catalogue's version could not be read"),
        }
        let pause = u64::try_from(GLANCE_EVERY.as_millis()).unwrap_or(1_000);
        self.glance_due.store(now + pause, Ordering::Release);
    }

    /// The page of a query in this generation, if it is there and hasn't ended.
    pub(crate) fn get(&self, generation: u64, query: &str) -> Option<Arc<Entry>> {
        let entry = self.pages.get(&KeyRef { generation, query })?;
        if entry.ends.is_some_and(|end| end <= Instant::now()) {
            self.pages.remove(&KeyRef { generation, query });
            return None;
        }
        Some(entry)
    }

    /// The page of a query by its normalised form, made by one caller while others wait; `written` is remembered as
    /// another way to ask for it.
    pub(crate) async fn get_or_make<E>(
        &self,
        generation: u64,
        written: &str,
        normalised: &str,
        make: impl Future<Output = Result<Arc<Entry>, E>>,
    ) -> Result<Arc<Entry>, E> {
        // A name that no query has, since none begins with a line end.
        let name = format!("\n{normalised}");
        let entry = match self.get(generation, &name) {
            Some(entry) => entry,
            None => {
                let key = Key { generation, query: name.into() };
                self.pages.get_or_insert_async(&key, make).await?
            }
        };
        if written.len() <= LONGEST_ALIAS {
            self.pages.insert(Key { generation, query: written.into() }, entry.clone());
        }
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(body: &'static str, ends: Option<Instant>) -> Arc<Entry> {
        let etag = HeaderValue::from_static("\"1\"");
        Arc::new(Entry { body: Bytes::from_static(body.as_bytes()), etag, link: None, ends })
    }

    async fn made(cache: &CatalogueCache, generation: u64, entry: Arc<Entry>) -> Arc<Entry> {
        let make = async { Ok::<_, std::convert::Infallible>(entry) };
        cache.get_or_make(generation, "limit=20", "20", make).await.unwrap()
    }

    #[actix_web::test]
    async fn a_page_is_good_for_one_generation() {
        let cache = CatalogueCache::new();
        made(&cache, 0, entry("a", None)).await;
        assert!(cache.get(0, "limit=20").is_some());
        assert!(cache.get(1, "limit=20").is_none());
        assert_eq!(made(&cache, 1, entry("b", None)).await.body, "b");
    }

    #[actix_web::test]
    async fn a_page_ends_by_the_clock() {
        let cache = CatalogueCache::new();
        made(&cache, 0, entry("a", Some(Instant::now()))).await;
        assert!(cache.get(0, "limit=20").is_none());
        assert_eq!(made(&cache, 0, entry("b", None)).await.body, "b");
    }

    #[actix_web::test]
    async fn two_ways_to_ask_share_one_page() {
        let cache = CatalogueCache::new();
        made(&cache, 0, entry("a", None)).await;
        let make = async { Ok::<_, std::convert::Infallible>(entry("b", None)) };
        assert_eq!(cache.get_or_make(0, "limit=20&", "20", make).await.unwrap().body, "a");
    }
}
