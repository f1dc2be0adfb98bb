//! The writes of one object, in their order.

use std::ops::ControlFlow;

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
    for (view, about) in places {
        let Some(hit) = search.hit(view, about.address)? else { continue };
        // What was refused is about the object too. Of a large collection the event does not list every member.
        let took_effect = match about.link {
            Some(_) => object.is_written_by(&hit.event),
            None => hit.event.verb == "deletecollection" && changes_something(&hit.event),
        };
        if took_effect && each(hit).is_break() {
            break;
        }
    }
    Ok(())
}
