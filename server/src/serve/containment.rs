//! Watches pods under quarantine: what should not be meanwhile becomes a finding, which is an event like any other.
//!
//! Findings follow from what is stored, whenever it came, and what is found again is the same finding. So there is nothing to
//! remember over a restart: whatever is not stored yet is noted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use taffrail_event::{FindingRecord, Key, Timestamp};
use taffrail_ingest::Intake;
use taffrail_query::history::ObjectName;
use taffrail_query::quarantine::QuarantineLabel;
use taffrail_query::{Found, Search, SearchError};

use crate::read::{Histories, can_be_disproved, quarantine_findings, quarantined_pods};
use crate::tasks::StopFlag;

/// How often it looks whether there is something new.
const INTERVAL: Duration = Duration::from_secs(2);

/// How often it looks at quarantines that are over: their flows may come late.
const ENDED_INTERVAL: Duration = Duration::from_secs(300);

/// What one look may take: the next one goes on.
const LONGEST_LOOK: Duration = Duration::from_secs(20);

/// Findings that are remembered as noted.
const MAX_NOTED: usize = 100_000;

/// The watch.
pub(crate) struct ContainmentWatch {
    search: Arc<dyn Search>,
    intake: Arc<Intake>,
    label: QuarantineLabel,
    /// `quarantine.settle`.
    settle: Duration,
    noted: HashSet<Key>,
    /// Findings that others' records may still disprove, and when they were found first.
    unsettled: HashMap<Key, Instant>,
    /// Pods whose quarantines were over when they were looked at, and when that was.
    ended: BTreeMap<ObjectName, Instant>,
    last_commit: Option<Timestamp>,
}

impl ContainmentWatch {
    /// Of the pods with this label.
    pub(crate) fn new(
        search: Arc<dyn Search>,
        intake: Arc<Intake>,
        label: QuarantineLabel,
        settle: Duration,
    ) -> Self {
        Self {
            search,
            intake,
            label,
            settle,
            noted: HashSet::new(),
            unsettled: HashMap::new(),
            ended: BTreeMap::new(),
            last_commit: None,
        }
    }

    /// Looks until it is told to stop.
    pub(crate) fn run(mut self, stop: &StopFlag) -> anyhow::Result<()> {
        while !stop.wait(INTERVAL) {
            if let Err(error) = self.look(stop) {
                tracing::warn!(%error, "pods under quarantine cannot be watched; findings may be late");
            }
        }
        Ok(())
    }

    fn look(&mut self, stop: &StopFlag) -> Result<(), SearchError> {
        let last_commit = self.search.progress().last_commit;
        let has_news = last_commit.is_some() && last_commit != self.last_commit;
        if !has_news && self.unsettled.is_empty() {
            return Ok(());
        }
        let deadline = Instant::now() + LONGEST_LOOK;
        let mut histories = Histories::default();
        for pod in quarantined_pods(&*self.search, &self.label, deadline)? {
            if stop.wait(Duration::ZERO) || Instant::now() >= deadline {
                return Ok(());
            }
            if self.ended.get(&pod).is_some_and(|looked| looked.elapsed() < ENDED_INTERVAL) {
                continue;
            }
            let (findings, lasts) =
                quarantine_findings(&*self.search, &self.label, &pod, &mut histories, deadline)?;
            let mut is_settled = true;
            for finding in findings {
                is_settled &= self.take(&finding)?;
            }
            if lasts || !is_settled {
                self.ended.remove(&pod);
            } else {
                self.ended.insert(pod, Instant::now());
            }
        }
        // What was not found again was disproved.
        let settle = self.settle;
        self.unsettled.retain(|_, found| found.elapsed() < settle + INTERVAL + LONGEST_LOOK);
        self.last_commit = last_commit;
        Ok(())
    }

    /// Notes a finding, unless it has to wait; whether it had not to.
    fn take(&mut self, finding: &FindingRecord) -> Result<bool, SearchError> {
        let id = finding.keys().request;
        if self.noted.contains(&id) {
            return Ok(true);
        }
        let found = *self.unsettled.entry(id).or_insert_with(Instant::now);
        if can_be_disproved(finding) && found.elapsed() < self.settle {
            return Ok(false);
        }
        self.unsettled.remove(&id);
        self.note(id, finding)?;
        Ok(true)
    }

    fn note(&mut self, id: Key, finding: &FindingRecord) -> Result<(), SearchError> {
        if matches!(self.search.find(&id.to_string())?, Found::None) {
            match self.intake.report_finding(finding) {
                Ok(_) => tracing::info!(rule = finding.finding.rule, "{}", finding.finding.title),
                Err(error) => {
                    tracing::warn!(%error, "a finding cannot be written; it is tried again");
                    return Ok(());
                }
            }
        }
        if self.noted.len() < MAX_NOTED {
            self.noted.insert(id);
        }
        Ok(())
    }
}
