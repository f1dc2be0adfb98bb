//! The committed list of error codes. docs/api.md has the same list, which a test compares.

use axum::http::StatusCode;
use taffrail_query::QueryErrorCode;

/// What went wrong, for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// The query cannot be read.
    Query(QueryErrorCode),
    /// A time cannot be read.
    BadTime,
    /// A parameter has a value that it cannot have.
    BadParameter,
    /// There is no such parameter, or it is there twice.
    UnknownParameter,
    /// The cursor is damaged or belongs to another question.
    BadCursor,
    /// The request has no `Host`, or a malformed one.
    BadHost,
    /// `Host` is none of the listener's names.
    WrongHost,
    /// A browser's request to the ingest listener.
    ForeignOrigin,
    /// The listener asks for a login, and none was shown.
    LoginRequired,
    /// No credential is like the one shown.
    LoginFailed,
    /// The credential is right, and not for this listener.
    WrongCredential,
    /// The credential is bound to other clusters.
    ForeignCluster,
    /// Nobody sends events of Taffrail's own cluster.
    ReservedCluster,
    /// There is nothing at this path, or no such event.
    NotFound,
    /// The path names no possible cluster.
    BadCluster,
    /// The path takes other methods.
    MethodNotAllowed,
    /// The body did not come in time.
    BodyTimeout,
    /// The body ended early.
    BodyIncomplete,
    /// Several events have an id that begins so.
    AmbiguousId,
    /// The body expands to more than it may.
    BodyTooLarge,
    /// Logins from the address have failed more often than they may.
    TooManyLogins,
    /// As many queries run as may.
    TooManyQueries,
    /// Requests in flight hold as much as they may.
    TooManyRequests,
    /// A bug or damaged data.
    Internal,
    /// The disk is full.
    DiskFull,
    /// The journal holds all it may until the index catches up.
    JournalFull,
    /// Nothing can be made durable.
    JournalFailed,
    /// The server stops.
    Stopping,
}

impl Code {
    /// Every code but those of queries.
    #[cfg(test)]
    const OWN: [Self; 27] = [
        Self::BadTime,
        Self::BadParameter,
        Self::UnknownParameter,
        Self::BadCursor,
        Self::BadHost,
        Self::WrongHost,
        Self::ForeignOrigin,
        Self::LoginRequired,
        Self::LoginFailed,
        Self::WrongCredential,
        Self::ForeignCluster,
        Self::ReservedCluster,
        Self::NotFound,
        Self::BadCluster,
        Self::MethodNotAllowed,
        Self::BodyTimeout,
        Self::BodyIncomplete,
        Self::AmbiguousId,
        Self::BodyTooLarge,
        Self::TooManyLogins,
        Self::TooManyQueries,
        Self::TooManyRequests,
        Self::Internal,
        Self::DiskFull,
        Self::JournalFull,
        Self::JournalFailed,
        Self::Stopping,
    ];

    /// Every code.
    #[cfg(test)]
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::OWN.into_iter().chain(QueryErrorCode::ALL.into_iter().map(Self::Query))
    }

    /// The name in `code`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Query(code) => code.name(),
            Self::BadTime => "bad_time",
            Self::BadParameter => "bad_parameter",
            Self::UnknownParameter => "unknown_parameter",
            Self::BadCursor => "bad_cursor",
            Self::BadHost => "bad_host",
            Self::WrongHost => "wrong_host",
            Self::ForeignOrigin => "foreign_origin",
            Self::LoginRequired => "login_required",
            Self::LoginFailed => "login_failed",
            Self::WrongCredential => "wrong_credential",
            Self::ForeignCluster => "foreign_cluster",
            Self::ReservedCluster => "reserved_cluster",
            Self::NotFound => "not_found",
            Self::BadCluster => "bad_cluster",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BodyTimeout => "body_timeout",
            Self::BodyIncomplete => "body_incomplete",
            Self::AmbiguousId => "ambiguous_id",
            Self::BodyTooLarge => "body_too_large",
            Self::TooManyLogins => "too_many_logins",
            Self::TooManyQueries => "too_many_queries",
            Self::TooManyRequests => "too_many_requests",
            Self::Internal => "internal",
            Self::DiskFull => "disk_full",
            Self::JournalFull => "journal_full",
            Self::JournalFailed => "journal_failed",
            Self::Stopping => "stopping",
        }
    }

    /// The status that goes with it.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Query(_)
            | Self::BadTime
            | Self::BadParameter
            | Self::UnknownParameter
            | Self::BadCursor
            | Self::BadHost
            | Self::BodyIncomplete => StatusCode::BAD_REQUEST,
            Self::LoginRequired | Self::LoginFailed => StatusCode::UNAUTHORIZED,
            Self::WrongHost
            | Self::ForeignOrigin
            | Self::WrongCredential
            | Self::ForeignCluster
            | Self::ReservedCluster => StatusCode::FORBIDDEN,
            Self::NotFound | Self::BadCluster => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::AmbiguousId => StatusCode::CONFLICT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyLogins | Self::TooManyQueries | Self::TooManyRequests => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::DiskFull | Self::JournalFull | Self::JournalFailed | Self::Stopping => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Whether a sender that gets it has done something wrong, so that what it sent is lost for good.
    pub(crate) fn is_loss(self) -> bool {
        let status = self.status();
        status.is_client_error()
            && !matches!(
                self,
                Self::TooManyLogins | Self::TooManyRequests | Self::BodyTimeout | Self::BodyIncomplete
            )
    }

    /// Whether somebody was refused for who they are.
    pub(crate) fn is_about_access(self) -> bool {
        matches!(
            self,
            Self::LoginRequired | Self::WrongCredential | Self::ForeignCluster | Self::ReservedCluster
        ) || self.is_failed_login()
    }

    /// Whether a credential was shown that is none.
    pub(crate) fn is_failed_login(self) -> bool {
        matches!(self, Self::LoginFailed | Self::TooManyLogins)
    }
}
