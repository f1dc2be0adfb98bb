//! Errors as RFC 9457 problem documents.

mod code;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use taffrail_event::Key;
use taffrail_query::SearchError;
use utoipa::ToSchema;

pub(crate) use self::code::Code;
use crate::read::ReadError;
use crate::read::schema::KeySchema;

/// The media type of problem documents.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// The way to log in for programs.
pub(super) const BEARER: &str = "Bearer realm=\"taffrail\"";

/// The ways to log in that a request can show. A client certificate is the connection's.
const LOGINS: [&str; 2] = [BEARER, "Basic realm=\"taffrail\", charset=\"UTF-8\""];

/// What went wrong, before it has a request id.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    more: Box<More>,
}

/// What only some problems have.
#[derive(Debug, Clone, Default)]
struct More {
    span: Option<Span>,
    hint: Option<String>,
    ids: Vec<Key>,
    retry_after_s: Option<u32>,
    allow: Option<&'static str>,
    asks_for_login: bool,
}

/// Where in the query, in code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
struct Span {
    start: usize,
    end: usize,
}

/// What the client gets.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    span: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Key]>::is_empty")]
    #[schema(value_type = Vec<KeySchema>)]
    ids: &'a [Key],
}

impl Problem {
    /// With a sentence for the person who reads it.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), more: Box::default() }
    }

    /// Come back after so many seconds. Only integers are understood by API servers.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.more.retry_after_s = Some(seconds);
        self
    }

    /// What to do instead.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.more.hint = Some(hint.into());
        self
    }

    /// The methods that would have been right.
    pub(crate) fn allow(mut self, methods: &'static str) -> Self {
        self.more.allow = Some(methods);
        self
    }

    /// Which ways there are to log in. Browsers ask for a name and a password.
    pub(crate) fn login(mut self) -> Self {
        self.more.asks_for_login = true;
        self
    }

    /// Its code.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// Its sentence.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The document that the client gets.
    pub(super) fn response(&self, request_id: &str) -> Response {
        let status = self.code.status();
        let document = Document {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code: self.code.name(),
            detail: &self.detail,
            request_id,
            span: self.more.span,
            hint: self.more.hint.as_deref(),
            ids: &self.more.ids,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        if let Some(seconds) = self.more.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(methods) = self.more.allow {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        if self.more.asks_for_login {
            for way in LOGINS {
                response.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static(way));
            }
        }
        response
    }
}

/// The problem travels as an extension; [`super::around`] writes the document, because only it knows the request id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        let detail = error.to_string();
        match error {
            ReadError::Query(error) => {
                let span = Span { start: error.span.start, end: error.span.end };
                let more = More { span: Some(span), hint: error.hint, ..More::default() };
                Self { more: Box::new(more), ..Self::new(Code::Query(error.code), error.message) }
            }
            ReadError::Time { error, .. } => Self::new(Code::BadTime, detail).hint(error.hint()),
            ReadError::EmptyRange { .. } | ReadError::Parameter(_) => Self::new(Code::BadParameter, detail),
            ReadError::Cursor(_) => Self::new(Code::BadCursor, detail),
            ReadError::NotFound(_) | ReadError::NoObject(_) => Self::new(Code::NotFound, detail),
            ReadError::Ambiguous { ids, .. } => {
                let more = More { ids, ..More::default() };
                Self { more: Box::new(more), ..Self::new(Code::AmbiguousId, detail) }
            }
            ReadError::Search(SearchError::Invalid(_)) => Self::new(Code::BadParameter, detail),
            // What exactly failed is for the log: paths and file names are nobody else's business.
            ReadError::Search(SearchError::Storage(reason)) => {
                tracing::error!(%reason, "the index cannot be read");
                Self::new(Code::Internal, "the index cannot be read; the server's log says why")
            }
        }
    }
}

#[cfg(test)]
mod tests;
