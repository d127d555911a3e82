//! The public list of programmes, served from memory.

use super::cache::Entry;
use super::fields::{AcademyRef, Flag, RegionCode};
use super::programme_views::ProgrammeSummary;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::fields::{Line, ListCode};
use crate::http::list::{Cursor, Limit, Page, next_link};
use crate::http::problem::{Code, Problem};
use crate::http::query::Query;
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, get};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use domain::catalogue::limits;
use persistence::catalogue::{self, Filters, Listed, Wanted};
use std::sync::Arc;
use std::time::{Duration, Instant};
use utoipa::IntoParams;
use uuid::Uuid;

/// What the public list is narrowed by. All filters given have to hold.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct ListProgrammes {
    /// How many at most, 1 to 200.
    #[deserr(default)]
    #[param(required = false)]
    limit: Limit,
    /// `nextCursor` of the page before.
    #[deserr(default)]
    cursor: Option<Cursor>,
    /// Only this academy's.
    #[deserr(default)]
    academy_id: Option<AcademyRef>,
    /// Only those with this topic.
    #[deserr(default)]
    topic: Option<Line<{ limits::SHORT }>>,
    /// Only those of academies in this region.
    #[deserr(default)]
    region: Option<RegionCode>,
    /// Only those whose eligibility doesn't exclude this job role.
    #[deserr(default)]
    job_role: Option<ListCode>,
    /// Only those with every one of these words in title, summary or topics, without case or accents.
    #[deserr(default)]
    q: Option<Line<{ limits::SEARCH }>>,
    /// With `true` only those that can be booked now, waiting list included.
    #[deserr(default)]
    open: Option<Flag>,
}

impl ListProgrammes {
    fn filters(&self) -> Filters {
        Filters {
            wanted: Wanted {
                academy_id: self.academy_id.as_ref().map(|id| id.0),
                topic: self.topic.as_ref().map(|topic| topic.0.clone()),
                region: self.region.as_ref().map(|region| region.0),
                words: self.q.as_ref().map(|q| catalogue::search_words(&q.0)).unwrap_or_default(),
            },
            job_role: self.job_role.as_ref().map(|role| role.0.clone()),
            open: self.open.as_ref().is_some_and(|open| open.0),
        }
    }
}

/// List published programmes
///
/// In the order of their making; one that is published while you page through may stand on a page that you have
/// passed, none stands twice. Open to all, and cheap to poll: send `If-None-Match`.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "listProgrammes",
    params(ListProgrammes),
    responses(
        (status = 200, description = "One page.", body = Page<ProgrammeSummary>),
        (status = 304, description = "You have this version already.")
    ),
    security((), ("bearer" = []), ("clientCredentials" = []))
)]
#[get("/v1/programmes")]
pub(crate) async fn list_programmes(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        // All see the same, but a token that doesn't hold is told.
        Caller::from_request(&request, &mut Payload::None).await?;
    }
    let generation = app.catalogue.generation(&app.store).await;
    let written = request.query_string();
    let entry = match app.catalogue.get(generation, written) {
        Some(entry) => entry,
        None => look_up(&app, &request, generation).await?,
    };
    Ok(answer(&request, &entry))
}

fn answer(request: &HttpRequest, entry: &Entry) -> HttpResponse {
    let has_already = request.headers().get(header::IF_NONE_MATCH).is_some_and(|list| names(list, entry));
    let mut response = if has_already { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, entry.etag.clone()));
    response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-cache")));
    if let Some(link) = &entry.link {
        response.insert_header((header::LINK, link.clone()));
    }
    if has_already {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
    response.body(entry.body.clone())
}

fn names(list: &HeaderValue, entry: &Entry) -> bool {
    let list = list.to_str().unwrap_or_default();
    let own = entry.etag.as_bytes();
    list.trim() == "*" || list.split(',').any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == own)
}

async fn look_up(app: &Shared, request: &HttpRequest, generation: u64) -> Result<Arc<Entry>, Problem> {
    let query = Query::<ListProgrammes>::from_request(request, &mut Payload::None).await?.0;
    let caller = Caller::from_request(request, &mut Payload::None).await?;
    let after: Option<Uuid> = app.cursors.position(&caller, query.cursor.as_ref())?;
    let filters = query.filters();
    let normalised = format!("{filters:?} {after:?} {}", query.limit.0);
    let make = async {
        let made = make(app, &caller, &filters, after, query.limit).await?;
        Ok::<_, Problem>(Arc::new(made))
    };
    app.catalogue.get_or_make(generation, request.query_string(), &normalised, make).await
}

async fn make(
    app: &Shared,
    caller: &Caller,
    filters: &Filters,
    after: Option<Uuid>,
    limit: Limit,
) -> Result<Entry, Problem> {
    let reader = app.store.reader();
    let now = reader.now().await?;
    let stretch = catalogue::listing(&reader, filters, after, limit.one_more(), now).await?;
    let ends = stretch.changes_at.and_then(|at| until(at, now));
    let page = app.cursors.page(caller, limit, stretch.listed, |listed: &Listed| listed.programme.id.0);
    let page = page.map(|listed| ProgrammeSummary::of(&listed.programme, &listed.cohorts, now));
    let body = serde_json::to_vec(&page).map_err(|_| Problem::new(Code::InternalError))?;
    let link =
        page.next_cursor.as_ref().map(|cursor| format!("<{}>; rel=\"next\"", next_link(caller, cursor)));
    let header = |text: String| HeaderValue::try_from(text).map_err(|_| Problem::new(Code::InternalError));
    let etag = header(ETag::of_content(&body).to_header())?;
    Ok(Entry { etag, body: body.into(), link: link.map(header).transpose()?, ends })
}

/// The moment on this machine's steady clock; a millisecond late, so that it has come by the database's clock too.
fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Instant> {
    let wait = (at - now).to_std().unwrap_or(Duration::ZERO) + Duration::from_millis(1);
    Instant::now().checked_add(wait)
}
