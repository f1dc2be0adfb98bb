//! Events by their ids, as the index has them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use taffrail_event::{Event, Key, Timestamp};
use taffrail_query::{Field, Order, PageRequest, Query, Search, SearchError, TimeRange};

/// Longer than any answer takes on a machine that works.
const PATIENCE: Duration = Duration::from_secs(30);

/// Those of the events that are there. All of them stand between these two times, if any are known.
pub(super) fn lookup(
    search: &dyn Search,
    ids: &[Key],
    times: Option<(Timestamp, Timestamp)>,
) -> Result<HashMap<Key, Event>, SearchError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let is = |id: &Key| Query::is(Field::Id, &id.to_string());
    let range = times.map_or(TimeRange::default(), |(first, last)| TimeRange {
        from: Some(first),
        to: Some(last.plus_micros(1)),
    });
    let page = search.page(&PageRequest {
        query: Query::any_of(ids.iter().map(is).collect()),
        range,
        order: Order::Asc,
        limit: ids.len(),
        after: None,
        deadline: Instant::now() + PATIENCE,
    })?;
    if page.partial {
        return Err(SearchError::Storage("the index does not answer in time".to_owned()));
    }
    Ok(page.events.into_iter().map(|event| (event.id, event)).collect())
}
