//! The time in which this process did not run. Files are read on where they were left; a webhook has nobody to send to, and
//! gives up.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use taffrail_event::{Gap, SourceSums, Timestamp, Via};

/// A restart is shorter; API servers try each batch for 80 s or more.
const MATTERS_MICROS: i64 = 60_000_000;

const FILE: &str = "alive";

/// The file that says when the process was last alive. It is not synced: after a power cut an older time makes the gap longer,
/// never shorter.
#[derive(Debug)]
pub(super) struct Heartbeat {
    path: PathBuf,
}

impl Heartbeat {
    /// In this data directory.
    pub(super) fn new(data: &Path) -> Self {
        Self { path: data.join(FILE) }
    }

    /// When a process was last alive here; `None` if none ever was, or if the file says nothing.
    pub(super) fn last(&self) -> Option<Timestamp> {
        Timestamp::parse(fs::read_to_string(&self.path).ok()?.trim())
    }

    /// Says that it is.
    pub(super) fn beat(&self, now: Timestamp) {
        // A full disk is noticed elsewhere.
        self.write(&now.to_string()).ok();
    }

    /// In place, as all times have one length: a file that is emptied first, or a new one beside it, takes room that a full disk
    /// does not have, and then the sign of life would be lost, or would be from before the disk was full.
    fn write(&self, text: &str) -> io::Result<()> {
        let file = File::options().write(true).create(true).truncate(false).open(&self.path)?;
        file.write_all_at(text.as_bytes(), 0)?;
        file.set_len(text.len() as u64)
    }
}

/// The gaps between the last sign of life and this start: one for each cluster that sends by webhook.
pub(super) fn downtime(last: Option<Timestamp>, started: Timestamp, sources: &[SourceSums]) -> Vec<Gap> {
    let Some(from) = last.filter(|last| started.micros() - last.micros() >= MATTERS_MICROS) else {
        return Vec::new();
    };
    let mut clusters: Vec<&str> =
        sources.iter().filter(|sums| sums.via == Via::Webhook).map(|sums| sums.cluster.as_str()).collect();
    clusters.dedup();
    let gap = |cluster: &str| Gap {
        cluster: cluster.to_owned(),
        source: "webhook".to_owned(),
        from,
        to: started,
        lost: None,
        reason: "Taffrail was not running, and API servers give up after about 80 s".to_owned(),
    };
    clusters.into_iter().map(gap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_long_stop_is_a_gap_of_every_cluster_that_pushes() {
        fn check(last: Option<i64>, started: i64, expected: &[&str]) {
            let source = |cluster, source, via| SourceSums::new(cluster, source, via);
            let sources = [
                source("dev", "file:/a", Via::File),
                source("prod", "webhook:10.0.0.1", Via::Webhook),
                source("prod", "webhook:10.0.0.2", Via::Webhook),
                source("test", "webhook:10.0.0.1", Via::Webhook),
            ];
            let gaps = downtime(last.map(at), at(started), &sources);
            assert_eq!(gaps.iter().map(|gap| gap.cluster.as_str()).collect::<Vec<_>>(), expected);
        }
        check(None, 1000, &[]);
        check(Some(950), 1000, &[]);
        check(Some(940), 1000, &["prod", "test"]);
        check(Some(2000), 1000, &[]);
    }

    #[test]
    fn the_sign_of_life_is_never_gone_while_it_is_renewed() {
        let dir = tempfile::tempdir().unwrap();
        let heartbeat = Heartbeat::new(dir.path());
        heartbeat.beat(at(5));
        // Whoever has the file open sees it renewed: nothing is put in its place, and it has no moment without a content.
        let file = File::open(dir.path().join(FILE)).unwrap();
        heartbeat.beat(at(6));
        let mut text = vec![0; at(6).to_string().len()];
        file.read_exact_at(&mut text, 0).unwrap();
        assert_eq!(text, at(6).to_string().as_bytes());
    }

    #[test]
    fn the_heart_beats() {
        let dir = tempfile::tempdir().unwrap();
        let heartbeat = Heartbeat::new(dir.path());
        assert_eq!(heartbeat.last(), None);
        heartbeat.beat(at(5));
        assert_eq!(heartbeat.last(), Some(at(5)));
        fs::write(dir.path().join(FILE), [0xff; 100]).unwrap();
        assert_eq!(heartbeat.last(), None);
        heartbeat.beat(at(6));
        assert_eq!(heartbeat.last(), Some(at(6)));
    }
}
