//! The bodies of answers, exactly as DESIGN section 8 names their members.

use serde::{Deserialize, Serialize};
use taffrail_event::{Event, Timestamp};
use utoipa::ToSchema;

use super::because::CauseBody;
use super::coverage::Coverage;
use super::schema::{EventSchema, TimestampSchema};

/// `GET /api/v1/events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct EventsBody {
    #[schema(value_type = Vec<EventSchema>)]
    pub(crate) events: Vec<Event>,
    pub(crate) next: Option<String>,
    pub(crate) total: TotalBody,
    pub(crate) coverage: Coverage,
    pub(crate) took_ms: u64,
}

/// How many events match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TotalBody {
    pub(crate) value: u64,
    pub(crate) exact: bool,
}

/// `GET /api/v1/events/{id}`: the event, its record, the coverage.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct EventBody {
    #[serde(flatten)]
    #[schema(value_type = EventSchema)]
    pub(crate) event: Event,
    /// The redacted record, if it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) raw: Option<String>,
    /// The redacted record in Base64, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) raw_base64: Option<String>,
    /// What led to it, the nearest cause first; empty where it had none, or nobody knows.
    pub(crate) because: Vec<CauseBody>,
    pub(crate) coverage: Coverage,
}

/// `GET /api/v1/histogram`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct HistogramBody {
    #[schema(value_type = TimestampSchema)]
    pub(crate) from: Timestamp,
    #[schema(value_type = TimestampSchema)]
    pub(crate) to: Timestamp,
    pub(crate) interval_ms: i64,
    pub(crate) buckets: Vec<BucketBody>,
    pub(crate) coverage: Coverage,
    pub(crate) took_ms: u64,
}

/// The count of one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct BucketBody {
    #[schema(value_type = TimestampSchema)]
    pub(crate) time: Timestamp,
    pub(crate) count: u64,
    /// Per value of the field that splits, the most frequent first.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    pub(crate) split: serde_json::Map<String, serde_json::Value>,
}

/// `GET /api/v1/facets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FacetsBody {
    pub(crate) field: String,
    pub(crate) buckets: Vec<FacetBody>,
    pub(crate) other: u64,
    pub(crate) events: u64,
    pub(crate) coverage: Coverage,
    pub(crate) took_ms: u64,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FacetBody {
    pub(crate) value: String,
    pub(crate) count: u64,
}

/// `GET /api/v1/clusters`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ClustersBody {
    pub(crate) clusters: Vec<ClusterBody>,
    pub(crate) coverage: Coverage,
}

/// What is stored of one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ClusterBody {
    #[serde(rename = "name")]
    pub(crate) cluster: String,
    #[schema(value_type = TimestampSchema)]
    pub(crate) first: Timestamp,
    #[schema(value_type = TimestampSchema)]
    pub(crate) last: Timestamp,
    pub(crate) events: u64,
}
