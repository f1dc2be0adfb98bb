//! Flows by their columns: of each only what it is counted by, and of each group one record.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taffrail_event::Timestamp;
use taffrail_event::flow::FlowFacts;
use taffrail_query::{FlowGroup, FlowLimit, FlowsRequest, FoundFlow, FoundFlows};
use tantivy::query::Weight;

use super::IndexSearch;
use super::budget::Budget;
use super::counting::for_each_block;
use super::scan::{Part, Place, scan};
use crate::error::Result;
use crate::schema::{FLOW_FACTS, FLOW_GROUP, FLOW_LENGTH};
use crate::split::{id_column, time_column};

pub(super) fn flows(search: &IndexSearch, request: &FlowsRequest) -> Result<FoundFlows> {
    let budget = Arc::new(Budget::until(request.deadline));
    let query = search.lowered(&request.query, request.range, &budget);
    let views = search.views(request.range);
    let mut all = Gathered::default();
    scan(
        &views,
        query.as_ref(),
        |part, weight| gather(part, weight, request, &budget),
        |part| all.absorb(part, request.limit),
    )?;
    let Gathered { samples, mut flows, is_full, .. } = all;
    let events = search.events_at(&views, samples.iter().map(|sample| sample.place))?;
    let mut groups = Vec::with_capacity(samples.len());
    // Of a record that is gone nothing can be said.
    let kept: Vec<Option<u32>> = events
        .into_iter()
        .map(|event| {
            let event = event?;
            groups.push(FlowGroup { id: event.id, flow: Arc::unwrap_or_clone(event.flow?) });
            u32::try_from(groups.len() - 1).ok()
        })
        .collect();
    flows.retain_mut(|flow| {
        let place = kept.get(flow.group as usize).copied().flatten();
        flow.group = place.unwrap_or_default();
        place.is_some()
    });
    Ok(FoundFlows { groups, flows, partial: is_full || budget.is_spent() })
}

/// What was found in a segment, or in all of them.
#[derive(Default)]
struct Gathered {
    /// Place of a group in `samples`, by its hash.
    places: FxHashMap<u64, u32>,
    samples: Vec<Sample>,
    flows: Vec<FoundFlow>,
    is_full: bool,
}

/// The first flow of a group, so that the order of arrival leaves no trace.
#[derive(Clone, Copy)]
struct Sample {
    group: u64,
    /// Start, and upper half of the id.
    rank: (i64, u64),
    place: Place,
}

impl Gathered {
    /// The place of the group, unless there are too many.
    fn place_of(&mut self, sample: Sample, limit: FlowLimit) -> Option<u32> {
        if let Some(&place) = self.places.get(&sample.group) {
            let known = self.samples.get_mut(place as usize)?;
            if sample.rank < known.rank {
                *known = sample;
            }
            return Some(place);
        }
        if self.samples.len() >= limit.groups {
            self.is_full = true;
            return None;
        }
        let place = u32::try_from(self.samples.len()).ok()?;
        self.samples.push(sample);
        self.places.insert(sample.group, place);
        Some(place)
    }

    fn push(&mut self, flow: FoundFlow, limit: FlowLimit) {
        if self.flows.len() < limit.flows {
            self.flows.push(flow);
        } else {
            self.is_full = true;
        }
    }

    fn absorb(&mut self, part: Self, limit: FlowLimit) {
        let places: Vec<Option<u32>> =
            part.samples.iter().map(|sample| self.place_of(*sample, limit)).collect();
        for flow in part.flows {
            if let Some(group) = places.get(flow.group as usize).copied().flatten() {
                self.push(FoundFlow { group, ..flow }, limit);
            }
        }
        self.is_full |= part.is_full;
    }
}

fn gather(
    part: &Part<'_>,
    weight: &dyn Weight,
    request: &FlowsRequest,
    budget: &Budget,
) -> tantivy::Result<Gathered> {
    let columns = part.segment.fast_fields();
    let (groups, facts) = (columns.u64(FLOW_GROUP)?, columns.u64(FLOW_FACTS)?);
    let (starts, lengths) = (time_column(part.segment)?, columns.u64(FLOW_LENGTH)?);
    let ids = id_column(part.segment)?;
    let (range, limit) = (request.range, request.limit);
    let mut found = Gathered::default();
    for_each_block(part.segment, weight, budget, &mut |docs| {
        for &doc in docs {
            let (Some(group), Some(bits)) = (groups.first(doc), facts.first(doc)) else { continue };
            let start = Timestamp::from_micros(starts.first(doc).unwrap_or_default());
            if !range.contains(start) {
                continue;
            }
            let rank = (start.micros(), ids.first(doc).unwrap_or_default());
            let sample = Sample { group, rank, place: part.place(doc) };
            if let Some(group) = found.place_of(sample, limit) {
                let length = lengths.first(doc).and_then(|length| i64::try_from(length).ok());
                let end = start.plus_micros(length.unwrap_or_default());
                found.push(FoundFlow { group, start, end, facts: FlowFacts::from_bits(bits) }, limit);
            }
        }
    })?;
    Ok(found)
}
