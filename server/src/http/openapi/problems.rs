//! Which problems a path can answer with: the sets that handlers name, and the responses that come of them.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use taffrail_query::QueryErrorCode;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Ref, Schema, Type};
use utoipa::openapi::{ContentBuilder, RefOr};

use crate::http::problem::{Code, PROBLEM_JSON};

/// To whoever reaches the API listener.
pub(in crate::http) const ANYBODY: &[Code] = &[Code::BadHost, Code::WrongHost];

/// To whoever cannot log in.
pub(in crate::http) const LOGIN: &[Code] =
    &[Code::LoginRequired, Code::LoginFailed, Code::WrongCredential, Code::TooManyLogins];

/// To a query string.
pub(in crate::http) const PARAMETERS: &[Code] = &[Code::BadParameter, Code::UnknownParameter];

/// To a query and its stretch of time.
pub(in crate::http) const QUESTION: &[Code] = {
    const QUERY: [Code; QueryErrorCode::ALL.len() + 1] = {
        let mut codes = [Code::BadTime; QueryErrorCode::ALL.len() + 1];
        let mut index = 0;
        while index < QueryErrorCode::ALL.len() {
            codes[index] = Code::Query(QueryErrorCode::ALL[index]);
            index += 1;
        }
        codes
    };
    &QUERY
};

/// To a cursor, or a place in the live stream.
pub(in crate::http) const CURSOR: &[Code] = &[Code::BadCursor];

/// To a time alone.
pub(in crate::http) const TIME: &[Code] = &[Code::BadTime];

/// To an object.
pub(in crate::http) const OBJECT: &[Code] = &[Code::NotFound];

/// To the id of an event.
pub(in crate::http) const ID: &[Code] = &[Code::NotFound, Code::AmbiguousId];

/// As many run as may.
pub(in crate::http) const BUSY: &[Code] = &[Code::TooManyQueries];

/// The store fails.
pub(in crate::http) const STORE: &[Code] = &[Code::Internal];

/// To a page that a browser shows.
pub(in crate::http) const BROWSERS: &[Code] = &[Code::ForeignOrigin];

/// To a sender that names the wrong cluster, or comes too often.
pub(in crate::http) const SENDING: &[Code] =
    &[Code::BadCluster, Code::ForeignCluster, Code::ReservedCluster, Code::TooManyRequests];

/// To what was sent.
pub(in crate::http) const BODY: &[Code] = &[Code::BodyIncomplete, Code::BodyTimeout, Code::BodyTooLarge];

/// Nothing can be accepted.
pub(in crate::http) const FULL: &[Code] = &[Code::DiskFull, Code::JournalFull, Code::JournalFailed];

/// `problems!(Name: SET, SET)` makes a type for the `responses` of `#[utoipa::path]`.
macro_rules! problems {
    ($name:ident: $($set:expr),+) => {
        enum $name {}

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::response::Response>,
            > {
                $crate::http::openapi::responses(&[$($set),+])
            }
        }
    };
}
pub(in crate::http) use problems;

/// What hyper says to a request line or headers beyond its limits, before any handler is asked.
pub(super) const TOO_LONG: [StatusCode; 2] =
    [StatusCode::URI_TOO_LONG, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE];

/// One response for each status, with the codes it can have.
pub(in crate::http) fn responses(sets: &[&[Code]]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<StatusCode, Vec<&'static str>> = BTreeMap::new();
    for code in sets.iter().copied().flatten() {
        by_status.entry(code.status()).or_default().push(code.name());
    }
    let response = |(status, codes)| (StatusCode::as_str(&status).to_owned(), response(status, codes).into());
    let mut responses: BTreeMap<_, _> = by_status.into_iter().map(response).collect();
    if sets.contains(&PARAMETERS) {
        responses.extend(TOO_LONG.map(|status| (status.as_str().to_owned(), unread().into())));
    }
    responses
}

fn response(status: StatusCode, codes: Vec<&'static str>) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let description = format!("{title}: `{}`.", codes.join("`, `"));
    let code = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes));
    let narrowed = ObjectBuilder::new().schema_type(Type::Object).property("code", code);
    let schema = AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrowed).build();
    let content = ContentBuilder::new().schema(Some(Schema::AllOf(schema))).build();
    let mut response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, content);
    match status {
        StatusCode::UNAUTHORIZED => {
            response = response.header("WWW-Authenticate", text("A way to log in."));
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            response = response.header("Retry-After", seconds());
        }
        _ => {}
    }
    response.build()
}

fn unread() -> Response {
    ResponseBuilder::new()
        .description("The query string is far too long to be read; nothing says more.")
        .build()
}

fn text(description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

fn seconds() -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    HeaderBuilder::new().schema(Some(schema)).description(Some("Come back after so many seconds.")).build()
}
