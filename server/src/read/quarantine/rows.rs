//! The rows of a story: events one by one, or what many flows have in common.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use taffrail_event::flow::{Direction, Flow, Verdict};
use taffrail_event::{Event, Key, Timestamp};
use taffrail_query::quarantine::{Place, PodFlow, PodFlows, Quarantine, RolledUp};
use utoipa::ToSchema;

use super::placed::{phase_name, place_of_event, place_of_flow};
use super::story::{PeerBody, in_words};
use crate::read::error::ReadError;
use crate::read::schema::{EventSchema, TimestampSchema};

/// Rows of a page at most, and flows of a story that are shown one by one.
pub(super) const MAX_ROWS: usize = 2000;

/// A row of the story: an event, or flows that were too many to be shown one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = StoryRow)]
pub(crate) struct RowBody {
    /// Where it belongs: before the first quarantine, during one (`quarantined`), or after.
    pub(crate) phase: String,
    /// Its place in time. Of a record of an interval in which the quarantine began or ended, and which tells of what came then,
    /// that moment.
    #[schema(value_type = TimestampSchema)]
    pub(crate) time: Timestamp,
    /// Whether the interval of the record holds the beginning or the end of a quarantine: not all that it tells of need belong
    /// to this phase.
    pub(crate) spans_change: bool,
    /// The event; null where flows are rolled up.
    #[schema(value_type = Option<EventSchema>)]
    pub(crate) event: Option<Event>,
    /// The flows of a peer, port and verdict in a minute; null where the event is shown.
    pub(crate) rolled_up: Option<RolledUpBody>,
}

/// Flows of one peer, port, protocol and verdict in one minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RolledUpFlows)]
pub(crate) struct RolledUpBody {
    /// The peer in words.
    pub(crate) peer: String,
    pub(crate) peer_ref: PeerBody,
    /// The port; null where there is none, or where no record says it.
    pub(crate) port: Option<u16>,
    pub(crate) protocol: String,
    /// Seen from the pod: egress, ingress.
    pub(crate) direction: String,
    /// What became of them, by all that tell of their connections.
    pub(crate) effective_verdict: String,
    /// The policy that decided; null where no record names one.
    pub(crate) policy: Option<String>,
    /// How many flows.
    pub(crate) flows: u64,
    /// Connections that they tell of; one connection may be told of by several flows.
    pub(crate) connections: u64,
    /// The first evidence; of an interval its start.
    #[schema(value_type = TimestampSchema)]
    pub(crate) first: Timestamp,
    /// The last evidence; of an interval its end.
    #[schema(value_type = TimestampSchema)]
    pub(crate) last: Timestamp,
}

/// A row before it is written out.
pub(super) struct Row {
    place: Place,
    what: What,
}

enum What {
    Event(Box<Event>),
    RolledUp(RolledUp),
}

impl Row {
    /// Of an event that is no flow.
    pub(super) fn of_event(event: Event, quarantines: &[Quarantine]) -> Self {
        Self { place: place_of_event(&event, quarantines), what: What::Event(Box::new(event)) }
    }

    /// The order of rows. What began a phase stands before what it explains.
    fn rank(&self) -> (Timestamp, bool, Option<Key>, Option<u32>, Option<Verdict>) {
        let (id, group, verdict) = match &self.what {
            What::Event(event) => (Some(event.id), None, None),
            What::RolledUp(row) => (None, Some(row.group), Some(row.effective_verdict)),
        };
        (self.place.time, self.place.spans_change, id, group, verdict)
    }

    fn is_same(&self, other: &Self) -> bool {
        match (&self.what, &other.what) {
            (What::Event(event), What::Event(other)) => event.id == other.id,
            _ => false,
        }
    }

    fn body(self, flows: &PodFlows) -> Option<RowBody> {
        let place = self.place;
        let (event, rolled_up) = match self.what {
            What::Event(event) => (Some(*event), None),
            What::RolledUp(row) => (None, Some(RolledUpBody::of(&row, flows)?)),
        };
        let phase = phase_name(place).to_owned();
        Some(RowBody { phase, time: place.time, spans_change: place.spans_change, event, rolled_up })
    }
}

impl RolledUpBody {
    fn of(row: &RolledUp, flows: &PodFlows) -> Option<Self> {
        let group = flows.groups.get(row.group as usize)?;
        let policy = flows.groups.get(row.decided_by as usize)?.policy.as_ref();
        let peer = row.side.peer(group);
        Some(Self {
            peer: in_words(peer),
            peer_ref: PeerBody::of(peer.clone()),
            port: group.destination.port,
            protocol: group.protocol.clone(),
            direction: direction_name(row.side.direction()).to_owned(),
            effective_verdict: row.effective_verdict.name().to_owned(),
            policy: policy.map(|policy| policy.full_name()),
            flows: row.flows,
            connections: row.connections,
            first: row.first,
            last: row.last,
        })
    }
}

pub(super) fn direction_name(direction: Direction) -> &'static str {
    if direction == Direction::Egress { "egress" } else { "ingress" }
}

/// The rows of flows that came with their events: each says what became of it by all that tell of its connection.
pub(super) fn each(flows: &PodFlows, events: Vec<Event>, quarantines: &[Quarantine]) -> Vec<Row> {
    let mut events: Vec<Option<Event>> = events.into_iter().map(Some).collect();
    let row = |flow: &PodFlow| {
        let mut event = events.get_mut(flow.group as usize)?.take()?;
        let told: Flow = flows.group(flow)?.clone();
        let policy = flows.policy(flow).cloned();
        let told = Flow { effective_verdict: flow.effective_verdict, policy, ..told };
        event.summary = told.summary();
        event.flow = Some(Arc::new(told));
        Some(Row { place: place_of_flow(flow, quarantines), what: What::Event(Box::new(event)) })
    };
    flows.flows.iter().filter_map(row).collect()
}

/// The rows of flows that are too many.
pub(super) fn rolled_up(flows: &mut PodFlows, quarantines: &[Quarantine]) -> Vec<Row> {
    let rows = flows.rolled_up(|flow| place_of_flow(flow, quarantines));
    rows.into_iter().map(|row| Row { place: row.place, what: What::RolledUp(row) }).collect()
}

/// Where a page of rows begins: behind so many rows of that time.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowCursor {
    time: i64,
    rows: usize,
}

impl RowCursor {
    /// Reads what [`page`] wrote.
    pub(super) fn read(text: &str) -> Result<Self, ReadError> {
        let parts =
            text.split_once('-').and_then(|(time, rows)| Some((time.parse().ok()?, rows.parse().ok()?)));
        let (time, rows) = parts.ok_or_else(|| {
            ReadError::Parameter("cursor is not one of a story: take next of the page before".to_owned())
        })?;
        Ok(Self { time, rows })
    }
}

/// A page of rows, oldest first, how many there are in all, and where the next page begins.
pub(super) fn page(
    mut rows: Vec<Row>,
    flows: &PodFlows,
    after: Option<RowCursor>,
) -> (Vec<RowBody>, u64, Option<String>) {
    rows.sort_by_key(Row::rank);
    rows.dedup_by(|one, other| one.is_same(other));
    let total = rows.len() as u64;
    let time_of = |row: &Row| row.place.time.micros();
    let start = after
        .map_or(0, |after| rows.partition_point(|row| time_of(row) < after.time).saturating_add(after.rows));
    let end = start.saturating_add(MAX_ROWS).min(rows.len());
    let next = rows.get(end).map(|row| {
        let time = time_of(row);
        format!("{time}-{}", end - rows.partition_point(|row| time_of(row) < time))
    });
    let bodies = rows.drain(start.min(end)..end).filter_map(|row| row.body(flows)).collect();
    (bodies, total, next)
}

#[cfg(test)]
mod tests {
    use taffrail_event::{Decoded, Gap, Origins};

    use super::*;

    /// Anybody may write a cursor.
    #[test]
    fn a_cursor_behind_everything_is_the_end() {
        let gap = Gap {
            cluster: "prod".to_owned(),
            source: "webhook".to_owned(),
            from: Timestamp::from_micros(5),
            to: Timestamp::from_micros(6),
            lost: None,
            reason: "nobody spoke".to_owned(),
        };
        let row = || Row::of_event(Decoded::Gap(gap.clone()).event(Origins::default()), &[]);
        let check = |cursor: &str, expected: usize| {
            let cursor = RowCursor::read(cursor).unwrap();
            let (rows, total, next) = page(vec![row()], &PodFlows::default(), Some(cursor));
            assert_eq!((rows.len(), total, next), (expected, 1, None), "{cursor:?}");
        };
        check("5-0", 1);
        check("5-1", 0);
        check(&format!("6-{}", usize::MAX), 0);
        assert!(RowCursor::read("5").is_err() && RowCursor::read("5-x").is_err());
    }
}
