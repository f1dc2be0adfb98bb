//! The metrics of the process, in one struct. docs/metrics.md lists them, which a test compares.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use taffrail_event::WriteCounts;
use taffrail_ingest::tail::TailedLog;
use taffrail_query::RemovedTotals;

use crate::notify::NotifyBody;
use crate::unwanted::UnwantedBody;

/// The media type of what [`Metrics::text`] writes.
pub(crate) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From a millisecond, which is a lookup in memory, to the query timeout.
const DURATION_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// A number that only [`Metrics`]'s owner sets.
pub(crate) type Level = Gauge<i64>;

/// Which requests.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    /// `api`, `ingest` or `health`.
    pub(crate) listener: &'static str,
    /// The status of the answer.
    pub(crate) code: u16,
}

/// Which requests were refused for who sent them.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct RefusalLabels {
    /// `api` or `ingest`.
    pub(crate) listener: &'static str,
    /// The code of the problem.
    pub(crate) reason: &'static str,
}

/// Which listener.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct ListenerLabels {
    /// `api` or `ingest`.
    pub(crate) listener: &'static str,
}

/// Which records.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RecordLabels {
    outcome: &'static str,
}

/// Which query of `ingest.drop`.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DropLabels {
    query: String,
}

/// Why something was removed.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RemovedLabels {
    reason: &'static str,
}

/// Counters whose values are somebody else's sums.
type Sums<L> = Family<L, Counter<u64, AtomicU64>>;

/// Which followed log.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SourceLabels {
    cluster: String,
    source: String,
}

/// Which target of notifications.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TargetLabels {
    target: String,
}

/// What became of notifications.
#[derive(Debug, Default)]
struct Notified {
    sent: Sums<TargetLabels>,
    failed: Sums<TargetLabels>,
    refused: Sums<TargetLabels>,
    missed: Sums<TargetLabels>,
    waiting: Family<TargetLabels, Level>,
    behind: Family<TargetLabels, Level>,
    trouble: Family<TargetLabels, Level>,
}

/// Which queries.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct QueryLabels {
    /// `events`, `histogram`, `facets` and so on.
    pub(crate) endpoint: &'static str,
}

/// Every metric. Counters count since the start.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// Requests answered.
    pub(crate) requests: Family<RequestLabels, Counter>,
    /// Requests refused for who sent them.
    pub(crate) refusals: Family<RefusalLabels, Counter>,
    /// TLS handshakes that failed.
    pub(crate) handshakes_failed: Family<ListenerLabels, Counter>,
    /// When certificates end.
    pub(crate) certificates: Family<ListenerLabels, Level>,
    /// Reads written down as events.
    pub(crate) reads_logged: Counter,
    /// Reads that could not be.
    pub(crate) reads_lost: Counter,
    /// Records acknowledged.
    pub(crate) records: Counter,
    /// Bytes of acknowledged bodies, decompressed.
    pub(crate) acked_bytes: Counter,
    /// Items that became dead letters.
    pub(crate) dead_letters: Counter,
    /// Events whose bodies were cut.
    pub(crate) cut: Counter,
    /// Records in envelopes that are about something else.
    pub(crate) folded_flows: Counter,
    pub(crate) skipped: Counter,
    dropped: Sums<DropLabels>,
    indexed: Sums<RecordLabels>,
    removed_splits: Sums<RemovedLabels>,
    removed_events: Sums<RemovedLabels>,
    removed_bytes: Sums<RemovedLabels>,
    /// Bytes of index, journal and dead letters.
    pub(crate) retention_used: Level,
    /// Bytes that they may take.
    pub(crate) retention_limit: Level,
    tail_lag: Family<SourceLabels, Level>,
    tail_noise: Family<SourceLabels, Counter<u64, AtomicU64>>,
    tail_trouble: Family<SourceLabels, Level>,
    notified: Notified,
    /// Bytes that requests in flight hold.
    pub(crate) budget_used: Level,
    /// Bytes that they may hold.
    pub(crate) budget: Level,
    /// Bytes of the journal.
    pub(crate) journal_bytes: Level,
    /// The next journal position to be given out.
    pub(crate) journal_end: Level,
    /// Everything below is durable.
    pub(crate) journal_durable: Level,
    /// Everything below is searchable.
    pub(crate) searchable: Level,
    /// Documents in the index.
    pub(crate) documents: Level,
    /// Splits of the index.
    pub(crate) splits: Level,
    /// Bytes of the index.
    pub(crate) index_bytes: Level,
    /// Memory of the newest states of objects.
    pub(crate) state_cache: Level,
    /// Stored change sets that late events corrected.
    corrected: Counter<u64, AtomicU64>,
    /// Age of the oldest acknowledged record that is not searchable.
    pub(crate) lag: Gauge<f64, AtomicU64>,
    /// Time of a commit.
    pub(crate) commits: Histogram,
    /// Time of a query.
    pub(crate) queries: Family<QueryLabels, Histogram>,
    /// Free bytes where the data lies.
    pub(crate) disk_free: Level,
}

impl Metrics {
    /// All of them, registered.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("taffrail");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The release that runs", build);
        let mut metrics = Self {
            registry,
            requests: Family::default(),
            refusals: Family::default(),
            handshakes_failed: Family::default(),
            certificates: Family::default(),
            reads_logged: Counter::default(),
            reads_lost: Counter::default(),
            records: Counter::default(),
            acked_bytes: Counter::default(),
            dead_letters: Counter::default(),
            cut: Counter::default(),
            folded_flows: Counter::default(),
            skipped: Counter::default(),
            dropped: Family::default(),
            tail_lag: Family::default(),
            tail_noise: Family::default(),
            tail_trouble: Family::default(),
            notified: Notified::default(),
            indexed: Family::default(),
            removed_splits: Family::default(),
            removed_events: Family::default(),
            removed_bytes: Family::default(),
            retention_used: Gauge::default(),
            retention_limit: Gauge::default(),
            budget_used: Gauge::default(),
            budget: Gauge::default(),
            journal_bytes: Gauge::default(),
            journal_end: Gauge::default(),
            journal_durable: Gauge::default(),
            searchable: Gauge::default(),
            documents: Gauge::default(),
            splits: Gauge::default(),
            index_bytes: Gauge::default(),
            state_cache: Gauge::default(),
            corrected: Counter::default(),
            lag: Gauge::default(),
            commits: Histogram::new(DURATION_BUCKETS),
            queries: Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS)),
            disk_free: Gauge::default(),
        };
        metrics.register_access();
        metrics.register_ingest();
        metrics.register_tail();
        metrics.register_notify();
        metrics.register_index();
        metrics.register_retention();
        metrics
    }

    fn register_access(&mut self) {
        let registry = &mut self.registry;
        let help = "Requests refused for who sent them";
        registry.register("http_refused", help, self.refusals.clone());
        let help = "TLS handshakes that failed";
        registry.register("tls_handshakes_failed", help, self.handshakes_failed.clone());
        let help = "When the certificate in use ends, in seconds since 1970";
        registry.register_with_unit("tls_certificate_end", help, Unit::Seconds, self.certificates.clone());
        let help = "Reads of the API that were written down as events";
        registry.register("reads_logged", help, self.reads_logged.clone());
        let help = "Reads of the API that could not be written down";
        registry.register("reads_lost", help, self.reads_lost.clone());
    }

    fn register_ingest(&mut self) {
        let registry = &mut self.registry;
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register("ingest_records", "Records acknowledged", self.records.clone());
        let help = "Bytes of acknowledged bodies after decompression";
        registry.register_with_unit("ingest_acked", help, Unit::Bytes, self.acked_bytes.clone());
        let help = "Items that could not be decoded and became dead letters";
        registry.register("ingest_dead_letters", help, self.dead_letters.clone());
        let help = "Records whose bodies were cut because the event was too large";
        registry.register("ingest_cut_records", help, self.cut.clone());
        let help = "Flow records that others stand for because of ingest.fold_flows";
        registry.register("ingest_folded_flows", help, self.folded_flows.clone());
        let help = "Records in envelopes that have nothing to do with audit events";
        registry.register("ingest_skipped_records", help, self.skipped.clone());
        let help = "Records that were not kept because of ingest.drop";
        registry.register("ingest_dropped_records", help, self.dropped.clone());
        let help = "Memory that requests in flight hold";
        registry.register_with_unit("ingest_budget_used", help, Unit::Bytes, self.budget_used.clone());
        let help = "Memory that requests in flight may hold";
        registry.register_with_unit("ingest_budget", help, Unit::Bytes, self.budget.clone());
        registry.register_with_unit(
            "journal",
            "Size of the journal",
            Unit::Bytes,
            self.journal_bytes.clone(),
        );
        registry.register("journal_end_position", "Next position to be given out", self.journal_end.clone());
        let help = "Position below which every record is on disk";
        registry.register("journal_durable_position", help, self.journal_durable.clone());
    }

    fn register_tail(&mut self) {
        let registry = &mut self.registry;
        let help = "Bytes of a followed log that are not durable yet";
        registry.register_with_unit("tail_lag", help, Unit::Bytes, self.tail_lag.clone());
        let help = "Lines of the API server's own log that were left out of a followed log";
        registry.register("tail_noise_lines", help, self.tail_noise.clone());
        let help = "Whether a followed log cannot be read";
        registry.register("tail_trouble", help, self.tail_trouble.clone());
    }

    fn register_notify(&mut self) {
        let (registry, notified) = (&mut self.registry, &self.notified);
        let help = "Events that a target of notifications has taken";
        registry.register("notify_sent", help, notified.sent.clone());
        let help = "Tries to send an event on that failed";
        registry.register("notify_failed_tries", help, notified.failed.clone());
        let help = "Events that a target of notifications has refused for good";
        registry.register("notify_refused", help, notified.refused.clone());
        let help = "Events that were removed before they could be sent on";
        registry.register("notify_missed", help, notified.missed.clone());
        let help = "Events that wait to be sent on";
        registry.register("notify_waiting", help, notified.waiting.clone());
        let help = "Searchable records that were not looked at for a target of notifications";
        registry.register("notify_behind_records", help, notified.behind.clone());
        let help = "Whether a target of notifications takes nothing";
        registry.register("notify_trouble", help, notified.trouble.clone());
    }

    fn register_index(&mut self) {
        let registry = &mut self.registry;
        let help = "Records taken into the index, by what became of them";
        registry.register("index_records", help, self.indexed.clone());
        let help = "Position below which every record is searchable";
        registry.register("index_searchable_position", help, self.searchable.clone());
        registry.register("index_documents", "Documents in the index", self.documents.clone());
        registry.register("index_splits", "Splits of the index", self.splits.clone());
        registry.register_with_unit("index", "Size of the index", Unit::Bytes, self.index_bytes.clone());
        let help = "Memory of the newest states of objects";
        registry.register_with_unit("index_state_cache", help, Unit::Bytes, self.state_cache.clone());
        let help = "Stored change sets that were corrected because of a late event";
        registry.register("index_corrections", help, self.corrected.clone());
        let help = "Age of the oldest acknowledged record that is not searchable yet";
        registry.register_with_unit("index_lag", help, Unit::Seconds, self.lag.clone());
        let help = "Time of the index writes that made documents searchable";
        registry.register_with_unit("index_commit_duration", help, Unit::Seconds, self.commits.clone());
        let help = "Time of answering a question, waiting not included";
        registry.register_with_unit("query_duration", help, Unit::Seconds, self.queries.clone());
        let help = "Free space of the file system that holds the data";
        registry.register_with_unit("disk_free", help, Unit::Bytes, self.disk_free.clone());
    }

    fn register_retention(&mut self) {
        let registry = &mut self.registry;
        let help = "Splits removed by retention";
        registry.register("retention_removed_splits", help, self.removed_splits.clone());
        let help = "Events removed by retention";
        registry.register("retention_removed_events", help, self.removed_events.clone());
        let help = "Size of what retention removed";
        registry.register_with_unit("retention_removed", help, Unit::Bytes, self.removed_bytes.clone());
        let help = "Size of index, journal and dead letters together";
        registry.register_with_unit("retention_used", help, Unit::Bytes, self.retention_used.clone());
        let help = "Size beyond which the oldest splits are removed; -1 without a limit";
        registry.register_with_unit("retention_limit", help, Unit::Bytes, self.retention_limit.clone());
    }

    /// Sets what `ingest.drop` has dropped since the start.
    pub(crate) fn set_dropped(&self, unwanted: &[UnwantedBody]) {
        for UnwantedBody { query, dropped } in unwanted {
            set(&self.dropped, &DropLabels { query: query.clone() }, *dropped);
        }
    }

    /// Sets how many stored change sets late events have corrected since the start.
    pub(crate) fn set_corrected(&self, sum: u64) {
        self.corrected.inner().store(sum, std::sync::atomic::Ordering::Relaxed);
    }

    /// Sets what retention has removed since the start.
    pub(crate) fn set_removed(&self, by_age: RemovedTotals, by_bytes: RemovedTotals) {
        for (reason, totals) in [("age", by_age), ("bytes", by_bytes)] {
            let labels = RemovedLabels { reason };
            set(&self.removed_splits, &labels, totals.splits);
            set(&self.removed_events, &labels, totals.documents);
            set(&self.removed_bytes, &labels, totals.bytes);
        }
    }

    /// Sets how far the followed logs are read.
    pub(crate) fn set_tailed(&self, logs: &[TailedLog]) {
        for log in logs {
            let labels = SourceLabels { cluster: log.cluster.clone(), source: log.source.clone() };
            self.tail_lag.get_or_create(&labels).set(level(log.lag_bytes));
            let noise = self.tail_noise.get_or_create(&labels);
            noise.inner().store(log.noise_lines, std::sync::atomic::Ordering::Relaxed);
            self.tail_trouble.get_or_create(&labels).set(i64::from(log.trouble.is_some()));
        }
    }

    /// Sets what became of notifications.
    pub(crate) fn set_notified(&self, targets: &[NotifyBody]) {
        let notified = &self.notified;
        for target in targets {
            let labels = TargetLabels { target: target.name.clone() };
            set(&notified.sent, &labels, target.sent);
            set(&notified.failed, &labels, target.failed);
            set(&notified.refused, &labels, target.refused);
            set(&notified.missed, &labels, target.missed);
            notified.waiting.get_or_create(&labels).set(level(target.waiting));
            notified.behind.get_or_create(&labels).set(level(target.behind));
            notified.trouble.get_or_create(&labels).set(i64::from(target.trouble.is_some()));
        }
    }

    /// Sets what became of the records since the start.
    pub(crate) fn set_indexed(&self, counts: WriteCounts) {
        for (outcome, count) in [
            ("kept", counts.kept),
            ("folded", counts.folded),
            ("duplicate", counts.duplicate),
            ("conflict", counts.conflicts),
            ("expired", counts.expired),
        ] {
            set(&self.indexed, &RecordLabels { outcome }, count);
        }
    }

    /// Everything in the OpenMetrics text format.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail; a part would be better than nothing.
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics cannot be written");
        }
        text
    }
}

fn set<L: Clone + std::hash::Hash + Eq>(sums: &Sums<L>, labels: &L, sum: u64) {
    sums.get_or_create(labels).inner().store(sum, std::sync::atomic::Ordering::Relaxed);
}

/// A size as a gauge takes it.
pub(crate) fn level(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_documented_metrics_are_all_there_are() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
        let text = std::fs::read_to_string(path).unwrap();
        let documented: BTreeSet<String> = text
            .lines()
            .filter_map(|line| Some(line.strip_prefix("| `")?.split(['`', '{']).next()?.to_owned()))
            .collect();
        let metrics = Metrics::new();
        metrics.requests.get_or_create(&RequestLabels { listener: "api", code: 200 }).inc();
        metrics.refusals.get_or_create(&RefusalLabels { listener: "api", reason: "login_failed" }).inc();
        metrics.handshakes_failed.get_or_create(&ListenerLabels { listener: "api" }).inc();
        metrics.certificates.get_or_create(&ListenerLabels { listener: "api" }).set(1);
        metrics.set_indexed(WriteCounts::default());
        metrics.set_dropped(&[UnwantedBody { query: "verb:get".to_owned(), dropped: 0 }]);
        metrics.set_removed(RemovedTotals::default(), RemovedTotals::default());
        metrics.set_tailed(&[TailedLog {
            cluster: "prod".to_owned(),
            source: "file:/a".to_owned(),
            lag_bytes: 0,
            open_files: 0,
            noise_lines: 0,
            trouble: None,
        }]);
        metrics.set_notified(&[NotifyBody {
            name: "team".to_owned(),
            url: String::new(),
            query: String::new(),
            sent: 0,
            failed: 0,
            refused: 0,
            missed: 0,
            waiting: 0,
            behind: 0,
            catching_up: false,
            last_sent: None,
            last_failure: None,
            trouble: None,
        }]);
        metrics.queries.get_or_create(&QueryLabels { endpoint: "events" }).observe(0.1);
        let known: BTreeSet<String> = metrics
            .text()
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(['{', ' ']).next().unwrap())
            .map(|name| {
                ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
            })
            .map(str::to_owned)
            .collect();
        assert_eq!(documented, known);
    }
}
