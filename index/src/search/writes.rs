//! The writes of one object, in their order.

use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;
use std::thread;

use rayon::prelude::*;
use taffrail_event::Class;
use taffrail_event::change::{Link, sort_versions};
use taffrail_query::history::{ObjectName, changes_something};
use taffrail_query::{Hit, TimeRange};

use super::{IndexSearch, View};
use crate::changes::{About, about};
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
    // The next ones are read while somebody looks at these.
    thread::scope(|scope| {
        let (sender, portions) = sync_channel(1);
        scope.spawn(move || {
            let mut places = places.into_iter();
            let mut size = 1;
            loop {
                let portion: Vec<_> = places.by_ref().take(size).collect();
                let is_last = portion.is_empty();
                // Nobody listens any more once enough was seen.
                if is_last || sender.send(read(search, portion)).is_err() {
                    return;
                }
                size = MAX_PORTION.min(2 * size);
            }
        });
        for portion in portions {
            for (hit, link) in portion? {
                // What was refused is about the object too. Of a large collection the event does not list every member.
                let took_effect = match link {
                    Some(_) => object.is_written_by(&hit.event),
                    None => hit.event.verb == "deletecollection" && changes_something(&hit.event),
                };
                if took_effect && each(hit).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

fn read(search: &IndexSearch, portion: Vec<(&View, About)>) -> Result<Vec<(Hit, Option<Link>)>> {
    let hits = portion.into_par_iter().map(|(view, about)| {
        let hit = search.hit(view, about.address)?;
        Ok(hit.map(|hit| (hit, about.link)))
    });
    let hits = hits.collect::<Result<Vec<_>>>()?;
    Ok(hits.into_iter().flatten().collect())
}

/// Records that are read side by side: each may be megabytes.
const MAX_PORTION: usize = 32;
