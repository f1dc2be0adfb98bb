//! The writes of one object, in their order.

use std::ops::ControlFlow;

use taffrail_event::Class;
use taffrail_event::change::{Link, Order, sort_versions};
use taffrail_query::history::{ObjectName, changes_something};
use taffrail_query::{Hit, TimeRange};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet, TERMINATED, Term};

use super::{IndexSearch, View};
use crate::error::{IndexError, Result};
use crate::schema::{LINK, RECORD, VERSION};
use crate::split::{is_alive, time_column};

/// A document that is about the object.
struct Place {
    view: usize,
    address: DocAddress,
    order: Order,
    /// Whether it is a write of this one object.
    is_write: bool,
}

pub(super) fn writes(
    search: &IndexSearch,
    object: &ObjectName,
    each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
) -> Result<()> {
    let views = search.views(TimeRange::default());
    let mut places = Vec::new();
    for (number, view) in views.iter().enumerate() {
        if view.split.entry.class == Class::Change.name() {
            find(search, number, view, object.hash(), &mut places)
                .map_err(IndexError::split("look up in", &view.split.name()))?;
        }
    }
    sort_versions(&mut places, |place| place.order);
    for place in places {
        let Some(view) = views.get(place.view) else { continue };
        let Some(hit) = search.hit(view, place.address)? else { continue };
        // What was refused is about the object too. Of a large collection the event does not list every member.
        let took_effect = match place.is_write {
            true => object.is_written_by(&hit.event),
            false => hit.event.verb == "deletecollection" && changes_something(&hit.event),
        };
        if took_effect && each(hit).is_break() {
            break;
        }
    }
    Ok(())
}

fn find(
    search: &IndexSearch,
    number: usize,
    view: &View,
    object: u64,
    places: &mut Vec<Place>,
) -> tantivy::Result<()> {
    let term = Term::from_field_u64(search.catalog.columns.object, object);
    for (ordinal, segment) in (0_u32..).zip(view.searcher.segment_readers()) {
        let inverted = segment.inverted_index(term.field())?;
        let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else { continue };
        let columns = segment.fast_fields();
        let (links, versions) = (columns.u64(LINK)?, columns.u64(VERSION)?);
        let (records, times) = (columns.u64(RECORD)?, time_column(segment)?);
        let mut doc = postings.doc();
        while doc != TERMINATED {
            if is_alive(segment, doc) {
                let link =
                    links.first(doc).and_then(|bits| Link::from_bits(object, bits, versions.first(doc)));
                let (time, id) =
                    (times.first(doc).unwrap_or_default(), records.first(doc).unwrap_or_default());
                places.push(Place {
                    view: number,
                    address: DocAddress::new(ordinal, doc),
                    order: link.map_or_else(|| Order::new(None, 0, time, id), |link| link.order(time, id)),
                    is_write: link.is_some(),
                });
            }
            doc = postings.advance();
        }
    }
    Ok(())
}
