//! What every question has: a query, a stretch of time, and the moment that relative times count from.

use taffrail_query::{Query, TimeContext, TimeRange, parse, parse_time};

use super::error::ReadError;
use super::own::without_own;

/// A question as text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ask<'a> {
    /// The query; empty is everything but Taffrail's own records ([`without_own`]).
    pub(crate) query: &'a str,
    /// Start, inclusive.
    pub(crate) from: Option<&'a str>,
    /// End, exclusive.
    pub(crate) to: Option<&'a str>,
}

/// A question with all times resolved.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// Which events.
    pub(crate) query: Query,
    /// From when.
    pub(crate) range: TimeRange,
}

impl Ask<'_> {
    /// Reads query and times.
    pub(crate) fn resolve(&self, context: &TimeContext) -> Result<Question, ReadError> {
        let time = |parameter: &'static str, text: Option<&str>| {
            text.map(|text| parse_time(text, context).map_err(|error| ReadError::Time { parameter, error }))
                .transpose()
        };
        let range = TimeRange { from: time("from", self.from)?, to: time("to", self.to)? };
        if let (Some(from), Some(to)) = (range.from, range.to)
            && from > to
        {
            return Err(ReadError::EmptyRange { from, to });
        }
        Ok(Question { query: without_own(parse(self.query, context)?), range })
    }
}
