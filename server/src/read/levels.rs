//! Which audit level the changes of each resource come with: without bodies nobody can tell what changed.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use taffrail_event::Timestamp;
use taffrail_query::{FacetsRequest, Field, Query, Search, SearchError, TimeRange};
use utoipa::ToSchema;

use super::body::ClusterBody;

/// How far back it looks: a policy that was changed yesterday is today's.
const DAY_MICROS: i64 = 86_400_000_000;

/// Resources at most, per cluster and level, the most frequent first.
const MAX_RESOURCES: usize = 100;

const LEVELS: [&str; 3] = ["Metadata", "Request", "RequestResponse"];
const WRITES: [&str; 4] = ["create", "update", "patch", "delete"];

/// One resource of one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct LevelsBody {
    pub(crate) cluster: String,
    pub(crate) resource: String,
    /// How many changes of the last day came with each level.
    pub(crate) levels: BTreeMap<String, u64>,
}

/// Of the last day of each of these clusters, up to its newest event.
pub(crate) fn levels(
    search: &dyn Search,
    clusters: &[ClusterBody],
    now: Timestamp,
    deadline: Instant,
) -> Result<Vec<LevelsBody>, SearchError> {
    let mut bodies = Vec::new();
    for ClusterBody { cluster, last, .. } in clusters {
        let from = (*last).min(now).plus_micros(-DAY_MICROS);
        let mut resources: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for level in LEVELS {
            let facets = search.facets(&FacetsRequest {
                query: changes_of(cluster, level),
                range: TimeRange { from: Some(from), to: None },
                field: Field::Resource,
                limit: MAX_RESOURCES,
                deadline,
            })?;
            for (resource, count) in facets.buckets {
                resources.entry(resource).or_default().insert(level.to_owned(), count);
            }
        }
        bodies.extend(resources.into_iter().map(|(resource, levels)| LevelsBody {
            cluster: cluster.clone(),
            resource,
            levels,
        }));
    }
    Ok(bodies)
}

fn changes_of(cluster: &str, level: &str) -> Query {
    let writes = WRITES.map(|verb| Query::is(Field::Verb, verb)).to_vec();
    let success = Query::is(Field::Result, "success");
    Query::all_of(vec![
        Query::is(Field::Cluster, cluster),
        Query::is(Field::Level, level),
        success,
        Query::Or(writes),
    ])
}
