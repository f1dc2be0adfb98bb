//! The writes of one object, in their order.

use std::ops::ControlFlow;

use rayon::prelude::*;
use taffrail_event::Class;
use taffrail_event::change::sort_versions;
use taffrail_query::history::{ObjectName, changes_something};
use taffrail_query::{Hit, TimeRange};

use super::IndexSearch;
use crate::changes::about;
use crate::error::{IndexError, Result};

pub(super) fn writes(
    search: &IndexSearch,
    object: &ObjectName,
    each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
) -> Result<()> {
    let mut views = search.views(TimeRange::default());
    views.retain(|view| view.split.entry.class == Class::Change.name());
    let hash = object.hash();
    let mut places = Vec::new();
    for view in &views {
        let found = about(&search.catalog, &view.searcher, hash)
            .map_err(IndexError::split("look up in", &view.split.name()))?;
        places.extend(found.into_iter().map(|about| (view, about)));
    }
    sort_versions(&mut places, |(_, about)| about.order());
    let mut places = places.into_iter();
    let mut portion = 1;
    loop {
        let next: Vec<_> = places.by_ref().take(portion).collect();
        if next.is_empty() {
            return Ok(());
        }
        let read = next
            .into_par_iter()
            .map(|(view, about)| Ok(search.hit(view, about.address)?.zip(Some(about.link))))
            .collect::<Result<Vec<_>>>()?;
        for (hit, link) in read.into_iter().flatten() {
            // What was refused is about the object too. Of a large collection the event does not list every member.
            let took_effect = match link {
                Some(_) => object.is_written_by(&hit.event),
                None => hit.event.verb == "deletecollection" && changes_something(&hit.event),
            };
            if took_effect && each(hit).is_break() {
                return Ok(());
            }
        }
        portion = MAX_PORTION.min(2 * portion);
    }
}

/// Records that are read side by side: each may be megabytes.
const MAX_PORTION: usize = 32;
