//! A page of events.

use std::time::Instant;

use taffrail_query::{Cursor, CursorToken, Order, PageRequest, Search, TimeContext};

use super::ask::Ask;
use super::body::{EventsBody, TotalBody};
use super::coverage::Coverage;
use super::error::ReadError;

/// Events of a page when nobody says how many.
pub(crate) const DEFAULT_EVENTS: usize = 100;

/// Events of a page at most.
pub(crate) const MAX_EVENTS: usize = 1000;

/// Asks for a page of events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventsAsk<'a> {
    pub(crate) ask: Ask<'a>,
    pub(crate) order: Order,
    /// 1 to [`MAX_EVENTS`].
    pub(crate) limit: usize,
    /// `next` of the page before.
    pub(crate) cursor: Option<&'a str>,
}

/// One page. With a cursor, relative times count from when the walk began: its range does not move.
pub(crate) fn events(
    search: &dyn Search,
    ask: &EventsAsk<'_>,
    context: &TimeContext,
    coverage: Coverage,
    deadline: Instant,
) -> Result<EventsBody, ReadError> {
    let started = Instant::now();
    if !(1..=MAX_EVENTS).contains(&ask.limit) {
        return Err(ReadError::Parameter(format!(
            "limit is {}; it goes from 1 to {MAX_EVENTS}, and `next` leads to the rest",
            ask.limit
        )));
    }
    let token = ask.cursor.map(CursorToken::parse).transpose()?;
    let now = token.map_or(context.now, |token| token.now);
    let question = ask.ask.resolve(&TimeContext { now, tz: context.tz.clone() })?;
    if let Some(token) = &token {
        token.check(&question.query, question.range, ask.order)?;
    }
    let request = PageRequest {
        query: question.query,
        range: question.range,
        order: ask.order,
        limit: ask.limit,
        after: token.map(|token| token.cursor),
        deadline,
    };
    let page = search.page(&request)?;
    let last = page.events.last().map(|event| Cursor { time: event.time, id: event.id });
    let next = last
        .filter(|_| page.more)
        .map(|last| CursorToken::new(last, now, &request.query, request.range, request.order).to_string());
    Ok(EventsBody {
        events: page.events,
        next,
        total: TotalBody { value: page.total.value, exact: page.total.exact },
        coverage: coverage.about(request.range).partial(page.partial),
        took_ms: took_ms(started),
    })
}

pub(super) fn took_ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
