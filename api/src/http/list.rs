//! Lists: pages with signed cursors, stable under inserts, without totals or offsets.
//!
//! ```ignore
//! let after: Option<(DateTime<Utc>, Uuid)> = app.cursors.position(&caller, query.cursor.as_ref())?;
//! let rows = persistence::catalogue::list(&app.store.reader(), filter, after, query.limit.one_more()).await?;
//! let page = app.cursors.page(&caller, query.limit, rows, |row| (row.created_at, row.id.0)).map(ProgrammeView::from);
//! Ok(Answer::page(&caller, &page))
//! ```
//! A cursor is bound to the path and the filters it was given for.

use super::caller::Caller;
use super::fields::FromText;
use super::problem::Problem;
use super::query::pairs;
use super::secrets::Secrets;
use data_encoding::BASE64URL_NOPAD;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use domain::fault::Refused;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    /// What the page holds, in the list's order.
    pub items: Vec<T>,
    /// Goes into `?cursor=` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub(crate) fn map<U>(self, make: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(make).collect(), next_cursor: self.next_cursor }
    }
}

/// How many items a page has at most: 1 to 200, 50 unless said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(pub(crate) u64);

impl Limit {
    /// What to fetch, so that one sees whether a next page exists.
    pub(crate) fn one_more(self) -> u64 {
        self.0 + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl FromText for Limit {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        let number = raw.parse().ok().filter(|number| (1..=200).contains(number));
        number.map(Self).ok_or_else(|| Refused::new("out-of-range", "must be 1 to 200"))
    }
}

/// A cursor as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor(String);

impl FromText for Cursor {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Ok(Self(raw.to_owned()))
    }
}

macro_rules! parameters {
    ($($name:ident: $schema:expr;)+) => {$(
        impl Deserr<super::faults::Faults> for $name {
            fn deserialize_from_value<V: IntoValue>(
                value: Value<V>,
                location: ValuePointerRef<'_>,
            ) -> Result<Self, super::faults::Faults> {
                super::fields::Parsed::<Self>::deserialize_from_value(value, location).map(|parsed| parsed.0)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema.build().into()
            }
        }

        impl ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(concat!("Inline_", stringify!($name)))
            }
        }
    )+};
}

parameters! {
    Limit: ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(200))
        .default(Some(50.into()));
    Cursor: ObjectBuilder::new().schema_type(Type::String).max_length(Some(2048));
}

/// Signs and reads cursors.
#[derive(Clone)]
pub(crate) struct Cursors(Secrets);

const MAC: usize = 16;

impl Cursors {
    /// With these keys.
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self(secrets)
    }

    /// The position that a cursor stands for.
    ///
    /// # Errors
    /// 422 `invalid-cursor` when it was tampered with, or given for another list or other filters.
    pub(crate) fn position<P: DeserializeOwned>(
        &self,
        caller: &Caller,
        cursor: Option<&Cursor>,
    ) -> Result<Option<P>, Problem> {
        let Some(Cursor(cursor)) = cursor else { return Ok(None) };
        let read = || {
            let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
            let (position, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
            let ours = self.mac(caller, position)?;
            aws_lc_rs::constant_time::verify_slices_are_equal(&ours, mac).ok()?;
            serde_json::from_slice(position).ok()
        };
        let detail = "is not a cursor of this list with these filters";
        read().map(Some).ok_or_else(|| Problem::parameter("cursor", "invalid-cursor", detail))
    }

    /// Makes the page of rows fetched with [`Limit::one_more`]; `position` tells where a row stands.
    pub(crate) fn page<T, P: Serialize>(
        &self,
        caller: &Caller,
        limit: Limit,
        mut rows: Vec<T>,
        position: impl FnOnce(&T) -> P,
    ) -> Page<T> {
        let most = usize::try_from(limit.0).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        let next_cursor =
            if more { rows.last().and_then(|last| self.encode(caller, &position(last))) } else { None };
        Page { items: rows, next_cursor }
    }

    /// The cursor of a page that ends at this position.
    pub(crate) fn after<P: Serialize>(&self, caller: &Caller, position: &P) -> Option<String> {
        self.encode(caller, position)
    }

    fn encode<P: Serialize>(&self, caller: &Caller, position: &P) -> Option<String> {
        let mut bytes = serde_json::to_vec(position).ok()?;
        let mac = self.mac(caller, &bytes)?;
        bytes.extend_from_slice(&mac);
        Some(BASE64URL_NOPAD.encode(&bytes))
    }

    /// Binds a position to the list's path and filters.
    fn mac(&self, caller: &Caller, position: &[u8]) -> Option<[u8; MAC]> {
        let mut filters = pairs(caller.query()).ok()?;
        filters.retain(|(name, _)| name != "cursor" && name != "limit");
        filters.sort();
        let bound = serde_json::to_vec(&(caller.path(), filters, position)).ok()?;
        let hash = self.0.hmac("cursor", &bound);
        hash.first_chunk::<MAC>().copied()
    }
}

/// The address of the next page, for `Link: <…>; rel="next"`.
pub(crate) fn next_link(caller: &Caller, cursor: &str) -> String {
    let kept = caller.query().split('&').filter(|part| !part.is_empty() && !part.starts_with("cursor="));
    let query: Vec<&str> = kept.collect();
    let joint = if query.is_empty() { "" } else { "&" };
    format!("{}?{}{joint}cursor={cursor}", caller.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use domain::identity::Actor;

    fn at(uri: &str) -> Caller {
        Caller::sample(Actor::Anonymous, &TestRequest::get().uri(uri).to_http_request())
    }

    fn cursors() -> Cursors {
        Cursors::new(Secrets::new([7; 32]))
    }

    #[test]
    fn a_cursor_leads_to_where_the_page_ended() {
        let caller = at("/v1/programmes?topic=mindfulness&limit=2");
        let page = cursors().page(&caller, Limit(2), vec![1, 2, 3], |row| *row);
        assert_eq!(page.items, [1, 2]);
        let cursor = Cursor(page.next_cursor.unwrap());
        let again = at("/v1/programmes?limit=5&topic=mindfulness");
        assert_eq!(cursors().position::<i32>(&again, Some(&cursor)).unwrap(), Some(2));
        assert!(next_link(&caller, "c").ends_with("?topic=mindfulness&limit=2&cursor=c"));
    }

    #[test]
    fn a_cursor_is_good_for_its_list_and_filters_only() {
        let page = cursors().page(&at("/v1/programmes?topic=a"), Limit(1), vec![1, 2], |row| *row);
        let cursor = page.next_cursor.unwrap();
        let read = |uri: &str, cursor: String| cursors().position::<i32>(&at(uri), Some(&Cursor(cursor)));
        assert!(read("/v1/programmes?topic=a", cursor.clone()).is_ok());
        assert!(read("/v1/programmes?topic=b", cursor.clone()).is_err());
        assert!(read("/v1/academies?topic=a", cursor.clone()).is_err());
        let tampered = format!("{}{}", if cursor.starts_with('M') { "N" } else { "M" }, &cursor[1..]);
        for bad in [tampered, String::new(), "AAAA".into(), "***".into()] {
            assert!(read("/v1/programmes?topic=a", bad).is_err());
        }
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let page = cursors().page(&at("/v1/x"), Limit(2), vec![1, 2], |row| *row);
        assert!(page.next_cursor.is_none());
    }
}
