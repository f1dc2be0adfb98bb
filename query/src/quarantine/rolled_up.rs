//! Flows of a pod that are too many to be shown one by one: those of a peer, port and verdict in a minute are one row.

use std::collections::BTreeMap;

use taffrail_event::Timestamp;
use taffrail_event::flow::{Flow, Verdict};

use super::attempts::Peers;
use super::{PodFlow, Side};

const MINUTE_MICROS: i64 = 60_000_000;

/// Where in a story a flow belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its time in the story.
    pub time: Timestamp,
    /// Whether a quarantine began or ended in the interval that it tells of.
    pub spans_change: bool,
    /// Before, during or after the quarantines; whatever numbers the caller gives these.
    pub phase: u8,
}

/// Flows of one peer, port, protocol and verdict in one minute of one phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolledUp {
    /// Where the first of them belongs.
    pub place: Place,
    /// The group of the first of them.
    pub group: u32,
    /// The group whose policy decided about the first of them.
    pub decided_by: u32,
    /// Which side the pod is.
    pub side: Side,
    /// What became of them.
    pub effective_verdict: Verdict,
    /// How many flows.
    pub flows: u64,
    /// Connections that they tell of; one connection may be told of by several flows.
    pub connections: u64,
    /// The first evidence.
    pub first: Timestamp,
    /// The last evidence.
    pub last: Timestamp,
}

/// Rolls flows up. Sorts them; the rows come in no order of time.
pub(super) fn rolled_up(
    groups: &[Flow],
    flows: &mut [PodFlow],
    place: impl Fn(&PodFlow) -> Place,
) -> Vec<RolledUp> {
    let mut rows = Vec::new();
    for of_peer in Peers::of(groups).sort(flows) {
        let mut minutes: BTreeMap<(i64, u8, Verdict), RolledUp> = BTreeMap::new();
        for flow in of_peer {
            let place = place(flow);
            let minute = place.time.micros().div_euclid(MINUTE_MICROS);
            minutes
                .entry((minute, place.phase, flow.effective_verdict))
                .and_modify(|row| row.add(flow, place))
                .or_insert_with(|| RolledUp::of(flow, place));
        }
        rows.extend(minutes.into_values());
    }
    rows
}

impl RolledUp {
    fn of(flow: &PodFlow, place: Place) -> Self {
        Self {
            place,
            group: flow.group,
            decided_by: flow.decided_by,
            side: flow.side,
            effective_verdict: flow.effective_verdict,
            flows: 1,
            connections: flow.facts.connections.into(),
            first: flow.start,
            last: flow.end,
        }
    }

    fn add(&mut self, flow: &PodFlow, place: Place) {
        self.place.time = self.place.time.min(place.time);
        self.place.spans_change |= place.spans_change;
        self.flows += 1;
        self.connections += u64::from(flow.facts.connections);
        self.last = self.last.max(flow.end);
    }
}
