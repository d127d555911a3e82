//! The one table of problems: it feeds answers, `/problems/<code>`, the OpenAPI document and a test.

/// Makes [`Code`] from lines of variant, code, status, title and documentation.
macro_rules! problems {
    ($($variant:ident, $code:literal, $status:literal, $title:literal, $documentation:literal;)+) => {
        /// A stable problem code (RFC 9457 section 3.1.1).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Code {
            $(#[doc = $documentation] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its word, `kebab-case`.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The HTTP status it comes with.
            pub(crate) fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// A short sentence that doesn't change between occurrences.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// What it means and what to do about it.
            pub(crate) fn documentation(self) -> &'static str {
                match self { $(Self::$variant => $documentation,)+ }
            }

            /// The variant's name, by which the source says where it is produced.
            #[cfg(test)]
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }
        }
    };
}

problems! {
    MalformedRequest, "malformed-request", 400, "The request is not HTTP as it should be",
        "A header, the address or the form could not be read. `detail` says which.";
    MalformedJson, "malformed-json", 400, "The body is not JSON",
        "The body could not be parsed as JSON in UTF-8. `detail` names the line and column.";
    IdempotencyKeyInvalid, "idempotency-key-invalid", 400, "The Idempotency-Key can't be used",
        "An `Idempotency-Key` has 1 to 255 visible ASCII characters and is sent once in a request.";
    Unauthenticated, "unauthenticated", 401, "Sign in first",
        "The operation needs a bearer token: sign in with `POST /v1/auth/login`, or as a client with `POST /v1/oauth/token`.";
    InvalidToken, "invalid-token", 401, "The access token doesn't hold",
        "The bearer token has expired, was ended or isn't one of ours. Get a new one with the refresh token or the client's credentials.";
    InvalidCredentials, "invalid-credentials", 401, "Email or password is wrong",
        "Nobody registered this email with this password. Which of the two is wrong is not said.";
    InvalidRefreshToken, "invalid-refresh-token", 401, "The refresh token doesn't hold",
        "It has expired, was used before or its sign-in has ended. Sign in again.";
    Forbidden, "forbidden", 403, "You may not do this",
        "You are signed in, but your roles or scopes don't cover the operation.";
    NotFound, "not-found", 404, "Not found",
        "Nothing stands at this address, or nothing that you may know of.";
    MethodNotAllowed, "method-not-allowed", 405, "The method isn't offered here",
        "The path exists, the method doesn't. `Allow` lists those that do.";
    RequestTimeout, "request-timeout", 408, "The request came too slowly",
        "The body did not arrive whole in time. Send it again.";
    RequestInProgress, "request-in-progress", 409, "The same request is still running",
        "Another request with this `Idempotency-Key` has not been answered yet. Repeat it shortly: you will get its answer.";
    AnswerDropped, "answer-dropped", 409, "The answer is no longer kept",
        "The request with this `Idempotency-Key` succeeded, but its answer held a secret and was dropped after ten minutes.";
    OrganisationExists, "organisation-exists", 409, "Another organisation has that ODS code",
        "`organisationId` names it.";
    ListCodeTaken, "code-taken", 409, "The list has that code already",
        "Each code stands once in its list. Take another code.";
    SlugTaken, "slug-taken", 409, "The slug is taken",
        "Another one has this slug. Choose a different one.";
    NotPublished, "not-published", 409, "The programme isn't published",
        "The programme is a draft, or archived: it takes no new bookings or cohorts.";
    AlreadyPublished, "already-published", 409, "The programme is published already",
        "A programme is a draft, then published, then archived; no step is taken twice.";
    AlreadyArchived, "already-archived", 409, "The programme is archived",
        "Archiving is final.";
    BookingAlreadyOpen, "booking-already-open", 409, "Booking has opened already",
        "`bookingOpensAt` can change until it has passed, and lists come in before it.";
    CohortEnded, "cohort-ended", 409, "The cohort is over",
        "A completed or cancelled cohort stays as it is.";
    CohortNotOver, "cohort-not-over", 409, "The cohort is not over yet",
        "A cohort can be completed once its last session has ended. Cancel it if it does not take place.";
    NoMinimum, "no-minimum", 409, "The cohort has no minimum",
        "There is nothing to decide: it takes place with however many take part. Set `minimum` first, or cancel it.";
    AdjustmentsClosed, "adjustments-closed", 409, "The session does not ask for adjustments now",
        "`adjustmentsUntil` says by when it does; null: it asks for none. Write to the academy's contact instead.";
    AlreadyAsked, "already-asked", 409, "You asked for this already",
        "Each kind of adjustment is asked for once in a session. Take it back to ask anew, with another `detail`.";
    CohortStarted, "cohort-started", 409, "The cohort has started",
        "`bookingClosesAt` can change until the first session starts.";
    CapacityBelowPlacesTaken, "capacity-below-places-taken", 409, "More places are taken than that",
        "Capacity is never set under the places held; `placesTaken` says how many there are.";
    GateInUse, "gate-in-use", 409, "The gate is in use",
        "A cohort's own gate can change until its first booking.";
    AlreadyWaived, "already-waived", 409, "The requirement is waived already",
        "Staff have let this person off the requirement before.";
    AlreadyNominated, "already-nominated", 409, "You nominated this person already",
        "A nomination stands once. A withdrawn one can be made again.";
    QuotaUsed, "quota-used", 409, "Your nominations are used up",
        "The academy set how many you may nominate for this cohort. Withdraw one, or ask for more.";
    QuotaBelowNominations, "quota-below-nominations", 409, "More nominations are used than that",
        "A quota is never set under the nominations that use it; `used` says how many there are.";
    AlreadyWithdrawn, "already-withdrawn", 409, "The nomination is withdrawn already",
        "It stood until then; it can be made again.";
    ManagerUnchangeable, "manager-unchangeable", 409, "The manager can't be changed",
        "The manager who was named agrees already, or managers were asked for this booking as often as may be.";
    AlreadyBooked, "already-booked", 409, "This person is booked already",
        "One live booking a person and cohort. `bookingId` names it where you may read it.";
    BookingClosed, "booking-closed", 409, "Booking is closed",
        "The cohort takes no new bookings. Look for a later cohort, or register interest in the programme.";
    CohortFull, "cohort-full", 409, "The cohort is full",
        "All places are taken and the cohort has no waiting list.";
    NoPlaceNow, "no-place", 409, "The booking would get no place now",
        "A row of a batch with `require: place`, a move, and taking over a colleague's place are made only if they get a place at once. `errors` names what is missing.";
    NotConfirmed, "not-confirmed", 409, "The booking has no confirmed place",
        "Only a confirmed place is left for another, or passed on. Accept the offer first, or withdraw the booking and make another.";
    OthersWait, "others-waiting", 409, "Others wait for a place there",
        "Neither a move nor passing a place on passes anybody who waits. Choose another cohort, defer to a later one, or book and wait in its line; a place that is cancelled goes to the next in rank.";
    PassOnRefused, "pass-on-refused", 409, "The place can't be passed on",
        "The cohort does not say `passOn`, the place was proposed to colleagues or the email sent proposals as often as may be, or nothing is proposed that could be taken back. `detail` says which.";
    NotLater, "not-later", 409, "The other cohort does not start later",
        "A deferral goes to a cohort that starts after the one that is left. To go to any other, move.";
    BatchRefused, "batch-refused", 409, "Another row of the batch failed",
        "The batch is atomic: this row was in order and is not kept, because others have a problem of their own.";
    SessionClash, "session-clash", 409, "Sessions overlap",
        "Somebody would be in two places at once, and `errors` names what overlaps. A facilitator is never put on both: choose another time or somebody else.";
    BookingNotLive, "booking-not-live", 409, "The booking is over",
        "A closed or completed booking can't be changed or cancelled.";
    OfferExpired, "offer-expired", 409, "The offer has expired",
        "An offer holds its place to the exact moment of its end; then the place goes to the next in rank.";
    NoOffer, "no-offer", 409, "No offer stands",
        "The booking has no place on offer: it waits, is confirmed, or is over. Read it to see which.";
    PreconditionFailed, "precondition-failed", 412, "It has changed since you read it",
        "`If-Match` names an older version. Read it again, look at what changed, and repeat with the new `ETag`.";
    ContentTooLarge, "content-too-large", 413, "The body is too large",
        "The body is over the limit that `detail` names.";
    UriTooLong, "uri-too-long", 414, "The address is too long",
        "Path and query together have at most 8,192 bytes.";
    UnsupportedMediaType, "unsupported-media-type", 415, "The media type isn't taken here",
        "Send the body as the media type that `detail` names, without a content encoding.";
    Invalid, "invalid", 422, "Something in the request is wrong",
        "The request was read and some of it is wrong. `errors` lists every fault with its place.";
    UnknownParameter, "unknown-parameter", 422, "The operation has no such query parameter",
        "`errors` names each query parameter that is unknown or wrong. None is ever ignored.";
    NotEligible, "not-eligible", 422, "The eligibility rules are not met",
        "`errors` names each rule that is known not to be met.";
    AnswersInvalid, "answers-invalid", 422, "The answers don't fit the joining form",
        "`errors` names each answer that is missing, unknown or wrong.";
    CommitmentRequired, "commitment-required", 422, "The cohort asks for a commitment",
        "Send `commitsToAllSessions: true` if you can come to every session.";
    TasterCodeInvalid, "taster-code-invalid", 422, "The taster code doesn't hold",
        "The code is wrong, its time is over, or it is of another programme. It is valid from the taster's start to 24 hours after its end.";
    ManagerRequired, "manager-required", 422, "The cohort asks for your manager's agreement",
        "Send `manager.email`: we ask them by mail, and how long they take costs you no place in the order. A colleague's place is taken over at once: there the academy has to waive it.";
    ManagerIsParticipant, "manager-is-participant", 422, "Nobody is their own manager here",
        "The manager has to be somebody else than the participant.";
    IdempotencyKeyReused, "idempotency-key-reused", 422, "The Idempotency-Key was used for something else",
        "A key stands for one request: same operation, path and body. Take a new key for a new request.";
    PreconditionRequired, "precondition-required", 428, "Say which version you change",
        "Send `If-Match` with the `ETag` that you read, or `*` when you don't care.";
    TooManyRequests, "too-many-requests", 429, "Too many requests",
        "Wait as long as `Retry-After` says, in seconds.";
    HeadersTooLarge, "headers-too-large", 431, "The headers are too large",
        "All header lines together have at most 32,768 bytes.";
    InternalError, "internal-error", 500, "Something went wrong on our side",
        "It was recorded under `requestId`. Nothing was changed by the request.";
    Unavailable, "unavailable", 503, "Not available just now",
        "The service is starting, stopping or overloaded, or its database doesn't answer. Repeat after `Retry-After` seconds.";
    OutcomeUnknown, "outcome-unknown", 503, "It is not known whether the change was made",
        "The connection to the database was lost while the change was being kept. Repeat with the same `Idempotency-Key`: it is done once.";
}
