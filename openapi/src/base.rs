//! What the document says before any operation is collected.

use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{
    ClientCredentials, Flow, Http, HttpAuthScheme, OAuth2, Scopes, SecurityScheme,
};
use utoipa::{Modify, OpenApi, ToSchema};

/// The groups of operations, in reading order.
pub(crate) const TAGS: [(&str, &str); 6] = [
    ("identity", "People, organisations, sign-in, roles and clients."),
    ("catalogue", "Academies, programmes, tasters, cohorts and sessions."),
    ("admission", "Joining forms, the gate, bookings, the ledger, the waiting list and offers."),
    ("messaging", "What people are told."),
    ("governance", "Audit and privacy."),
    ("service", "The service itself: health, metrics and documentation."),
];

const DESCRIPTION: &str = "The booking backend of a leadership academy: the service behind the pages on which health \
and care staff find a development programme, come to a taster, join, get a place or a position on the waiting \
list.\n\nPlaces go first come, first served to those who met a cohort's gate; each claim is an entry in a ledger \
that anyone with a receipt can check.\n\n**Conventions.** Fields are `camelCase`, enum values `snake_case`, ids \
UUIDv7. Requests give times in RFC 3339 with an offset; answers are UTC. Lists are `{items, nextCursor}`. A change of a \
resource names its version in `If-Match`. A `POST` with an `Idempotency-Key` can be repeated safely for 24 hours. \
Errors are `application/problem+json` (RFC 9457) with a stable `code`; every code is explained under \
`/problems/<code>`. Unknown fields and parameters are refused by name. What can't be read as HTTP at all is answered \
by a bare 400, 408 or 431 without a body, and the connection is closed.";

/// An error (RFC 9457). Its `code` never changes its meaning.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "type": "/problems/not-found", "title": "Not found", "status": 404, "code": "not-found",
    "detail": "Nothing stands at this address, or nothing that you may know of.",
    "instance": "/v1/programmes/01990a5e-7000-7000-8000-000000000001", "requestId": "01990a5e-7000-7000-8000-0000000000ff"
}))]
#[expect(dead_code, reason = "describes what is written as JSON")]
struct Problem {
    /// Address of the code's documentation.
    r#type: String,
    /// A short sentence that is the same for every occurrence.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is particular to this occurrence.
    detail: String,
    /// The path that was asked for.
    instance: Option<String>,
    /// The stable code to branch on.
    code: String,
    /// What to quote to the people who run the service.
    request_id: Option<String>,
    /// Every fault of the input, where the input is wrong.
    errors: Option<Vec<ProblemFault>>,
}

/// One fault of an input, with the place it stands at: one of `pointer`, `parameter`, `header` and `line`.
#[derive(ToSchema)]
#[schema(example = json!({"pointer": "/participant/email", "code": "invalid-email", "detail": "must be an email address like name@example.nhs.uk"}))]
#[expect(dead_code, reason = "describes what is written as JSON")]
struct ProblemFault {
    /// JSON pointer into the body; `""` is the whole body.
    pointer: Option<String>,
    /// Name of a query parameter.
    parameter: Option<String>,
    /// Name of a header.
    header: Option<String>,
    /// Line of a file, from 1.
    line: Option<u64>,
    /// What kind of fault it is.
    code: String,
    /// What would be right.
    detail: String,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Academy",
        version = "1.0.0",
        contact(name = "The academy's service team", email = "academy@example.nhs.uk"),
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This service")),
    components(schemas(Problem, ProblemFault)),
    modifiers(&Common)
)]
struct Base;

struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut Document) {
        document.info.description = Some(DESCRIPTION.to_owned());
        let tags = TAGS.map(|(name, description)| {
            utoipa::openapi::tag::TagBuilder::new().name(name).description(Some(description)).build()
        });
        document.tags = Some(tags.to_vec());
        let components = document.components.get_or_insert_default();
        let bearer = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "A short-lived EdDSA JWT (RFC 8725) from `POST /v1/auth/login`, `POST /v1/auth/refresh` or `POST /v1/oauth/token`.",
            ))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let scopes = Scopes::from_iter([
            ("catalogue:read", "Read the catalogue, drafts included."),
            ("catalogue:write", "Change the catalogue."),
            ("bookings:read", "Read bookings."),
            ("bookings:write", "Book, change and cancel for others."),
            ("attendance:write", "Record attendance."),
            ("reports:read", "Read reports."),
            ("webhooks:manage", "Manage webhooks."),
        ]);
        let flow = Flow::ClientCredentials(ClientCredentials::new("/v1/oauth/token", scopes));
        let clients =
            OAuth2::with_description([flow], "For programs of partners and of ops (RFC 6749 section 4.4).");
        components.add_security_scheme("clientCredentials", SecurityScheme::OAuth2(clients));
    }
}

/// The document before operations: title, licence, tags, security schemes and the schema of problems.
pub fn base() -> Document {
    Base::openapi()
}
