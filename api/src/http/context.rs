//! What is known of a request before anybody asks who calls: its id, its trace, its body.

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use bytes::Bytes;
use persistence::{AuditActor, Origin};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

/// The request's own facts; an extractor, for handlers that don't take a [`super::caller::Caller`].
#[derive(Clone, Debug)]
pub(crate) struct Context(Arc<Facts>);

/// See [`Context`].
#[derive(Debug)]
pub(crate) struct Facts {
    /// `X-Request-Id`, taken when well formed, else made.
    pub request_id: String,
    /// W3C trace context, continued or begun.
    pub traceparent: String,
    /// The method as it was sent (`HEAD` is routed as `GET`).
    pub method: Method,
    /// The other end of the connection.
    pub peer: Option<IpAddr>,
    /// Coarse network of the peer, for the audit.
    pub network: Option<String>,
}

impl std::ops::Deref for Context {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl Context {
    /// Reads it from the head of a request.
    pub(crate) fn begin(request: &ServiceRequest) -> Self {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let given = text("x-request-id").filter(|id| is_request_id(id));
        let request_id = given.map_or_else(|| persistence::new_id().to_string(), str::to_owned);
        let peer = request.peer_addr().map(|address| address.ip());
        Self(Arc::new(Facts {
            request_id,
            traceparent: continue_trace(text("traceparent")),
            method: request.method().clone(),
            peer,
            network: peer.map(network),
        }))
    }

    /// The one that was begun for this request.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        if let Some(context) = request.extensions().get::<Self>() {
            return context.clone();
        }
        Self(Arc::new(Facts {
            request_id: String::new(),
            traceparent: String::new(),
            method: request.method().clone(),
            peer: None,
            network: None,
        }))
    }

    /// Where a change by `actor` comes from.
    pub(crate) fn origin(&self, actor: AuditActor) -> Origin {
        Origin { actor, request_id: Some(self.request_id.clone()), network: self.network.clone() }
    }
}

impl FromRequest for Context {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// The whole body, read once by the middleware.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body(pub(crate) Bytes);

impl Body {
    /// The body of this request; empty where none was sent.
    pub(crate) fn of(request: &HttpRequest) -> Bytes {
        request.extensions().get::<Self>().map(|body| body.0.clone()).unwrap_or_default()
    }
}

impl FromRequest for Body {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Self::of(request))))
    }
}

/// The bearer token of `Authorization`: `Ok(None)` without the header, `Err(())` when it is something else.
pub(crate) fn bearer(request: &HttpRequest) -> Result<Option<&str>, ()> {
    let mut lines = request.headers().get_all(header::AUTHORIZATION);
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(());
    }
    let (scheme, token) = line.to_str().map_err(|_| ())?.split_once(' ').ok_or(())?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() { Ok(Some(token)) } else { Err(()) }
}

/// 1 to 64 of letters, digits and `-_.:`.
fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

/// Continues a trace with a span of our own, or begins one (W3C Trace Context, level 1).
fn continue_trace(parent: Option<&str>) -> String {
    let made = persistence::new_id();
    let span = made.as_u128() & u128::from(u64::MAX);
    match parent.and_then(trace_of) {
        Some((trace, flags)) => format!("00-{trace}-{span:016x}-{flags}"),
        None => format!("00-{:032x}-{span:016x}-00", made.as_u128()),
    }
}

fn trace_of(parent: &str) -> Option<(&str, &str)> {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let mut parts = parent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let known = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let named = hex(trace, 32) && hex(span, 16) && hex(flags, 2);
    let zero = |part: &str| part.bytes().all(|b| b == b'0');
    (known && named && !zero(trace) && !zero(span)).then_some((trace, flags))
}

/// Coarse enough to be nobody's: `/24` of IPv4, `/48` of IPv6.
fn network(peer: IpAddr) -> String {
    match peer.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_formed_trace_is_continued_and_another_is_not() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let ours = continue_trace(Some(&format!("00-{trace}-00f067aa0ba902b7-01")));
        assert!(ours.starts_with(&format!("00-{trace}-")) && ours.ends_with("-01"));
        assert!(!ours.contains("00f067aa0ba902b7"));
        for bad in ["", "00-x-y-01", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"] {
            assert!(!continue_trace(Some(bad)).contains(trace), "{bad}");
        }
    }

    #[test]
    fn a_request_id_is_short_and_plain() {
        assert!(is_request_id("abc-1.2:3_4"));
        for bad in ["", "a b", "a\n", &"a".repeat(65), "é"] {
            assert!(!is_request_id(bad), "{bad}");
        }
    }

    /// ACC-7.
    #[test]
    fn the_network_of_a_peer_names_nobody() {
        assert_eq!(network("192.0.2.77".parse().unwrap()), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2::3".parse().unwrap()), "2001:db8:1::/48");
    }
}
