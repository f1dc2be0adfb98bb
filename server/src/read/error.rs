//! Why a question has no answer, by what the person asking can do.

use taffrail_event::{Key, Timestamp};
use taffrail_query::{CursorError, QueryError, SearchError, TimeError};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The query cannot be read.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// A time cannot be read.
    #[error("{parameter}: {error}")]
    Time {
        /// Which one.
        parameter: &'static str,
        /// What is wrong with it.
        error: TimeError,
    },
    /// The start lies after the end.
    #[error("from ({from}) lies after to ({to}); swap them")]
    EmptyRange {
        /// The start.
        from: Timestamp,
        /// The end.
        to: Timestamp,
    },
    /// A value that the parameter cannot have.
    #[error("{0}")]
    Parameter(String),
    /// The cursor belongs elsewhere.
    #[error("{0}")]
    Cursor(#[from] CursorError),
    /// No event has an id that begins like this.
    #[error(
        "no event has an id that begins with {0}; it may not be searchable yet, or belong to another server"
    )]
    NotFound(String),
    /// Nothing is known of the object.
    #[error(
        "{0}; it may not be searchable yet, or be spelt otherwise: the resource is the plural, as in deployments"
    )]
    NoObject(String),
    /// Several events have.
    #[error("several events have an id that begins with {prefix}; give more digits")]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// Some of them.
        ids: Vec<Key>,
    },
    /// The store has no answer.
    #[error("{0}")]
    Search(#[from] SearchError),
}
