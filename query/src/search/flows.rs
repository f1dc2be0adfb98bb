//! Flows as numbers: what is needed to count millions of them, without their records.

use std::time::Instant;

use taffrail_event::flow::{Flow, FlowFacts};
use taffrail_event::{Key, Timestamp};

use super::TimeRange;
use crate::ast::Query;

/// Asks for the flows among the events of a question.
#[derive(Debug, Clone)]
pub struct FlowsRequest {
    /// Which events.
    pub query: Query,
    /// From when, by their start.
    pub range: TimeRange,
    /// How many flows and groups of flows at most.
    pub limit: FlowLimit,
    /// When to stop and answer with what was found.
    pub deadline: Instant,
}

/// What an answer may hold.
#[derive(Debug, Clone, Copy)]
pub struct FlowLimit {
    /// Flows; of 48 bytes each.
    pub flows: usize,
    /// Groups; each takes a look into a record.
    pub groups: usize,
}

/// Flows, by the groups that they belong to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoundFlows {
    /// One flow of each group: all are alike in what [`Flow::group_hash`] takes.
    pub groups: Vec<FlowGroup>,
    /// The flows, in no order.
    pub flows: Vec<FoundFlow>,
    /// Whether flows are missing: there are more than the limit, or time was up.
    pub partial: bool,
}

/// Flows that differ only in their times, reporters, verdicts and source ports.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowGroup {
    /// One of them.
    pub flow: Flow,
    /// The id of that one.
    pub id: Key,
}

/// A flow as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundFlow {
    /// Its group's place in [`FoundFlows::groups`].
    pub group: u32,
    /// Start of the evidence.
    pub start: Timestamp,
    /// End of the interval; the start for moments.
    pub end: Timestamp,
    /// What tells it from others of its group.
    pub facts: FlowFacts,
}
