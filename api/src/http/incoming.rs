//! What comes in is bounded: addresses, headers, and bodies in size and time.

use super::context::Body;
use super::problem::{Code, Problem};
use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The largest body of an operation.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// The largest body of an operation that books several people at once, or imports a list of them.
const BATCH_LIMIT: usize = 4 * 1024 * 1024;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

const URI_LIMIT: usize = 8192;
const HEADERS_LIMIT: usize = 32 * 1024;

/// Checks the head of a request.
///
/// # Errors
/// 414, 431; 400 for a body that is announced in two ways.
pub(crate) fn check_head(request: &ServiceRequest) -> Result<(), Problem> {
    let uri = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len());
    if uri > URI_LIMIT {
        return Err(Problem::new(Code::UriTooLong));
    }
    let headers: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if headers > HEADERS_LIMIT {
        return Err(Problem::new(Code::HeadersTooLarge));
    }
    Ok(())
}

/// Reads the body whole and keeps it where extractors find it.
///
/// # Errors
/// 413, 408, 400; the connection is closed after them, as the rest of the body stands in it.
pub(crate) async fn read_body(request: &mut ServiceRequest) -> Result<(), Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let of_many = ["/bookings/batch", "/bookings/imports"].iter().any(|end| request.path().ends_with(end));
    let limit = if of_many { BATCH_LIMIT } else { BODY_LIMIT };
    if announced.unwrap_or(0) > limit {
        return Err(too_large(limit));
    }
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let body = if chunked || announced.unwrap_or(0) > 0 {
        collect(request.take_payload(), announced.unwrap_or(0), limit).await?
    } else {
        Bytes::new()
    };
    request.extensions_mut().insert(Body(body.clone()));
    request.set_payload(Payload::from(body));
    Ok(())
}

async fn collect(mut payload: Payload, announced: usize, limit: usize) -> Result<Bytes, Problem> {
    let until = Instant::now() + BODY_TIME;
    let mut body = BytesMut::with_capacity(announced);
    loop {
        let next = timeout_at(until, payload.next()).await;
        let chunk = match next.map_err(|_| closing(Problem::new(Code::RequestTimeout)))? {
            None => return Ok(body.freeze()),
            Some(Ok(chunk)) => chunk,
            Some(Err(_)) => {
                let detail = "The body could not be read as it was announced.";
                return Err(closing(Problem::new(Code::MalformedRequest).detail(detail)));
            }
        };
        if body.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("The body is over the limit of {limit} bytes.");
    closing(Problem::new(Code::ContentTooLarge).detail(detail))
}

fn closing(problem: Problem) -> Problem {
    problem.header(header::CONNECTION, "close")
}
