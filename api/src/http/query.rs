//! `Query<T>`: strict query parameters. An unknown one is 422 `unknown-parameter`, a wrong value 422, never
//! ignored.

use super::faults::Faults;
use super::problem::{Code, Problem, ProblemFault};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use deserr::Deserr;
use serde_json::{Map, Value};
use std::future::{Ready, ready};

/// The query as a struct of text-valued fields ([`super::fields::Parsed`], [`super::list::Limit`], …):
///
/// ```ignore
/// #[derive(Deserr, IntoParams)]
/// #[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
/// #[into_params(parameter_in = Query, rename_all = "camelCase")]
/// pub(crate) struct ListProgrammes {
///     /// How many at most, 1 to 200.
///     #[deserr(default)]
///     #[param(required = false)]
///     limit: Limit,
///     /// `nextCursor` of the page before.
///     #[deserr(default)]
///     cursor: Option<Cursor>,
///     /// Only this academy's.
///     #[deserr(default)]
///     academy_id: Option<Parsed<AcademyId>>,
/// }
/// ```
pub(crate) struct Query<T>(pub(crate) T);

/// Query parameters of a list without filters.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct PageQuery {
    /// How many at most, 1 to 200.
    #[deserr(default)]
    #[param(required = false, inline)]
    pub limit: super::list::Limit,
    /// `nextCursor` of the page before.
    #[deserr(default)]
    #[param(inline)]
    pub cursor: Option<super::list::Cursor>,
}

/// For operations that take no query parameter at all: `_: Query<NoQuery>` refuses any.
#[derive(Debug, Deserr)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
pub(crate) struct NoQuery {}

impl<T: Deserr<Faults>> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request.query_string()).map(Self))
    }
}

/// The pairs of a query, decoded.
///
/// # Errors
/// 400 when it isn't UTF-8 in percent-encoding.
pub(crate) fn pairs(raw: &str) -> Result<Vec<(String, String)>, Problem> {
    let broken = || Problem::new(Code::MalformedRequest).detail("The query is not percent-encoded UTF-8.");
    raw.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(broken)
}

fn decode(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn read<T: Deserr<Faults>>(raw: &str) -> Result<T, Problem> {
    let mut members = Map::new();
    let mut faults = Vec::new();
    for (name, value) in pairs(raw)? {
        if value.contains('\0') || name.contains('\0') {
            faults.push(ProblemFault::parameter(
                &*name,
                "invalid-character",
                "must not contain the character NUL",
            ));
            continue;
        }
        if members.contains_key(&name) {
            faults.push(ProblemFault::parameter(&*name, "duplicate-parameter", "stands more than once"));
        }
        members.insert(name, Value::String(value));
    }
    match deserr::deserialize::<T, _, Faults>(Value::Object(members)) {
        Ok(query) if faults.is_empty() => Ok(query),
        Ok(_) => Err(Problem::new(Code::Invalid).placed(faults)),
        Err(more) => {
            faults.extend(more.0.into_iter().map(|fault| {
                let name = fault.pointer.trim_start_matches('/').replace("~1", "/").replace("~0", "~");
                match fault.code {
                    "unknown-field" => ProblemFault::parameter(
                        name,
                        "unknown-parameter",
                        "is not a parameter of this operation",
                    ),
                    code => ProblemFault::parameter(name, code, fault.detail),
                }
            }));
            let unknown = faults.iter().any(|fault| fault.code() == "unknown-parameter");
            let code = if unknown { Code::UnknownParameter } else { Code::Invalid };
            Err(Problem::new(code).placed(faults))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_fault(raw: &str) -> (String, String) {
        let body = read::<PageQuery>(raw).unwrap_err().to_json(None, None);
        let fault = &body["errors"][0];
        (fault["parameter"].as_str().unwrap().to_owned(), fault["code"].as_str().unwrap().to_owned())
    }

    #[test]
    fn an_unknown_parameter_is_refused_by_name() {
        assert_eq!(first_fault("limt=5"), ("limt".into(), "unknown-parameter".into()));
    }

    #[test]
    fn a_wrong_value_is_refused() {
        for bad in ["0", "201", "x", "-1", "5.5", ""] {
            assert_eq!(
                first_fault(&format!("limit={bad}")),
                ("limit".into(), "out-of-range".into()),
                "{bad}"
            );
        }
        assert_eq!(first_fault("limit=1&limit=2"), ("limit".into(), "duplicate-parameter".into()));
        assert_eq!(first_fault("cursor=%00"), ("cursor".into(), "invalid-character".into()));
    }

    #[test]
    fn what_is_not_encoded_well_is_400() {
        for bad in ["a=%", "a=%zz", "a=%ff"] {
            assert_eq!(read::<PageQuery>(bad).unwrap_err().code(), Code::MalformedRequest);
        }
    }

    #[test]
    fn the_default_limit_is_50() {
        assert_eq!(read::<PageQuery>("").unwrap().limit.0, 50);
    }
}
