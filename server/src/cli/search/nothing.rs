//! Why nothing was found: what was searched, what is there at all, and how to widen the question.

use anyhow::Context;
use jiff::tz::TimeZone;
use serde::Deserialize;
use taffrail_query::{Query, TimeRange};

use crate::cli::coverage::nothing_there;
use crate::cli::question::Question;
use crate::cli::source::Source;
use crate::cli::status::view::Status;
use crate::cli::table::counted;
use crate::cli::times::{shown, zone_name};
use crate::read::{ClusterBody, ClustersBody, Coverage};

/// Nobody reads more clusters at once.
const MAX_CLUSTERS: usize = 10;

/// How a warning begins about events that the settings do not keep.
const NOT_KEPT: &str = "ingest.drop: ";

/// The explanation, line by line.
pub(crate) fn explain(source: &Source, question: &Question) -> anyhow::Result<Vec<String>> {
    let mut lines = vec![format!("nothing found {} in {}", question.in_words(), source.name())];
    let ClustersBody { clusters, coverage } = source.clusters()?;
    lines.extend(received(&clusters, &coverage, question));
    if !clusters.is_empty() && question.range != TimeRange::default() && question.query != Query::All {
        let anywhere = source.events(&question.at_any_time(), 1, None)?.total;
        let least = if anywhere.exact { "" } else { "at least " };
        lines.push(match anywhere.value {
            0 => "without the time range: nothing either; try fewer terms".to_owned(),
            count => format!("without the time range: {least}{}", counted(count, "event")),
        });
    }
    lines.extend(not_kept(source)?);
    Ok(lines)
}

/// What is dropped on arrival: it may be what was asked for.
fn not_kept(source: &Source) -> anyhow::Result<Vec<String>> {
    let status = Status::deserialize(source.status()?).context("the status is not understood")?;
    Ok(status.warnings.into_iter().filter(|warning| warning.starts_with(NOT_KEPT)).collect())
}

fn received(clusters: &[ClusterBody], coverage: &Coverage, question: &Question) -> Vec<String> {
    if clusters.is_empty() {
        let how_to_begin = "`taffrail import FILE` reads an audit log, and a webhook sends to the ingest address of `taffrail serve`";
        return vec![format!("{}; {how_to_begin}", nothing_there(coverage))];
    }
    let zone = &question.zone;
    let mut lines: Vec<String> =
        clusters.iter().take(MAX_CLUSTERS).map(|cluster| span(cluster, question.range, zone)).collect();
    if let Some(more @ 1..) = clusters.len().checked_sub(MAX_CLUSTERS) {
        lines.push(format!("and {more} more clusters; `taffrail status` lists them"));
    }
    lines
}

fn span(cluster: &ClusterBody, range: TimeRange, zone: &TimeZone) -> String {
    let where_it_lies = if range.from.is_some_and(|from| cluster.last < from) {
        ", all before that time"
    } else if range.to.is_some_and(|to| cluster.first >= to) {
        ", all after that time"
    } else {
        ""
    };
    format!(
        "received: cluster {}, {} from {} to {} ({}){where_it_lies}",
        cluster.cluster,
        counted(cluster.events, "event"),
        shown(cluster.first, zone),
        shown(cluster.last, zone),
        zone_name(zone)
    )
}

#[cfg(test)]
mod tests {
    use taffrail_event::Timestamp;

    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn check(from: Option<&str>, to: Option<&str>, clusters: &[ClusterBody], expected: &[&str]) {
        let range = TimeRange { from: from.map(time), to: to.map(time) };
        let now = time("2026-11-23T16:00:00Z");
        let question = Question {
            query: Query::All,
            range,
            typed: String::new(),
            now,
            zone: TimeZone::UTC,
            order: taffrail_query::Order::Desc,
        };
        let coverage = Coverage::new(now, now, Vec::new(), Vec::new());
        assert_eq!(received(clusters, &coverage, &question), expected);
    }

    #[test]
    fn nothing_found_is_told_from_nothing_received() {
        let prod = ClusterBody {
            cluster: "prod".to_owned(),
            first: time("2026-11-20T00:00:00Z"),
            last: time("2026-11-22T00:00:00Z"),
            events: 1234,
        };
        let received =
            "received: cluster prod, 1,234 events from 2026-11-20 00:00:00 to 2026-11-22 00:00:00 (UTC)";
        let clusters = std::slice::from_ref(&prod);
        check(None, None, clusters, &[received]);
        check(Some("2026-11-23T00:00:00Z"), None, clusters, &[&format!("{received}, all before that time")]);
        check(None, Some("2026-11-20T00:00:00Z"), clusters, &[&format!("{received}, all after that time")]);
        check(
            None,
            None,
            &[],
            &[
                "no event has been received yet; `taffrail import FILE` reads an audit log, and a webhook sends to the ingest address of `taffrail serve`",
            ],
        );
    }
}
