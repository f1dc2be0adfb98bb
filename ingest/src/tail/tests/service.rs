//! The threads together, with a writer of their own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use taffrail_event::Position;

use super::*;
use crate::error::IntakeError;
use crate::intake::Receipt;
use crate::tail::{TailOptions, TailSink, TailSource, TailStatus, run};

/// Keeps what it gets, after refusing as often as it is told to.
#[derive(Default)]
struct Taken {
    lines: Mutex<Vec<String>>,
    gaps: Mutex<Vec<Gap>>,
    refusals: AtomicU32,
}

impl TailSink for Taken {
    fn receive(&self, _: &IntakeOrigin, lines: &[u8]) -> Result<Receipt, IntakeError> {
        let refuse = |left: u32| left.checked_sub(1);
        if self.refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, refuse).is_ok() {
            return Err(IntakeError::Busy);
        }
        let text = String::from_utf8(lines.to_vec()).unwrap();
        self.lines.lock().unwrap().extend(text.lines().map(str::to_owned));
        let position = Position { partition: 0, offset: 0 };
        Ok(Receipt { position, records: 0, dead: 0, cut: 0, skipped: 0, dropped: 0, folded: 0, bytes: 0 })
    }

    fn report_gap(&self, gap: &Gap) -> Result<Position, IntakeError> {
        self.gaps.lock().unwrap().push(gap.clone());
        Ok(Position { partition: 0, offset: 0 })
    }
}

/// Follows the logs in `dir` while `work` goes on.
fn while_following(dir: &Path, taken: &Taken, work: impl FnOnce(&TailStatus)) {
    let source = TailSource {
        patterns: vec![format!("{}/*/audit.log", dir.display()), format!("{}/*.log", dir.display())],
        cluster: "prod".into(),
        node: "n1".to_owned(),
        has_flows: false,
        from_end: false,
    };
    let options =
        TailOptions { sources: vec![source], dir: dir.join("checkpoints"), max_line_bytes: 1 << 20 };
    let (status, stop) = (TailStatus::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let following = scope.spawn(|| run(&options, taken, &status, &stop));
        {
            // Also when the test fails: otherwise nobody would hear of it.
            let _stop = StopAtEnd(&stop);
            work(&status);
        }
        following.join().unwrap().unwrap();
    });
}

struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn wait_for_lines(taken: &Taken, count: usize) {
    wait(|| taken.lines.lock().unwrap().len() >= count);
    let mut found = taken.lines.lock().unwrap().clone();
    found.sort();
    let expected: Vec<_> = lines(0..count).lines().map(str::to_owned).collect();
    assert!(found == expected, "{} lines instead of {count}", found.len());
}

#[test]
fn refusals_skip_nothing() {
    let dir = TempDir::new().unwrap();
    let taken = Taken { refusals: AtomicU32::new(5), ..Taken::default() };
    fs::write(dir.path().join(LOG), lines(0..3)).unwrap();
    while_following(dir.path(), &taken, |status| {
        wait_for_lines(&taken, 3);
        wait(|| status.all().first().is_some_and(|log| log.lag_bytes == 0));
        let log = &status.all()[0];
        assert_eq!(log.cluster, "prod");
        assert!(log.source.starts_with("file:n1:/") && log.source.ends_with("/audit.log"), "{log:?}");
    });
    // What was taken is not taken again.
    fs::create_dir(dir.path().join("sub")).unwrap();
    fs::write(dir.path().join("sub").join(LOG), line(3)).unwrap();
    while_following(dir.path(), &taken, |_| wait_for_lines(&taken, 4));
}

#[test]
fn a_log_whose_directory_is_gone_is_let_go() {
    let dir = TempDir::new().unwrap();
    let taken = Taken::default();
    for name in ["gone", "moved"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    fs::write(dir.path().join("gone").join(LOG), lines(0..2)).unwrap();
    fs::write(dir.path().join("moved").join(LOG), lines(2..4)).unwrap();
    while_following(dir.path(), &taken, |status| {
        wait_for_lines(&taken, 4);
        wait(|| status.all().len() == 2);
        fs::remove_dir_all(dir.path().join("gone")).unwrap();
        let elsewhere = TempDir::new().unwrap();
        fs::rename(dir.path().join("moved"), elsewhere.path().join("moved")).unwrap();
        wait(|| status.all().is_empty());
        // It comes back, and is known.
        fs::rename(elsewhere.path().join("moved"), dir.path().join("moved")).unwrap();
        fs::write(dir.path().join("moved").join(LOG), lines(2..5)).unwrap();
        wait_for_lines(&taken, 5);
    });
    assert_eq!(*taken.gaps.lock().unwrap(), []);
}

#[test]
fn t39_five_rotations_in_100_ms_with_three_backups_lose_no_line() {
    // 20 ms of lines. They are counted and not timed, so that a machine that has no time to read has none to rotate.
    const LINES: usize = 75;
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name);
    let taken = Taken::default();
    fs::write(path(LOG), "").unwrap();
    while_following(dir.path(), &taken, |status| {
        wait(|| status.all().len() == 1);
        let mut next = 0;
        for rotation in 1..=10 {
            let mut file = OpenOptions::new().append(true).open(path(LOG)).unwrap();
            // One write for each line, as API servers do it.
            for _ in 0..LINES {
                file.write_all(line(next).as_bytes()).unwrap();
                next += 1;
                std::thread::sleep(Duration::from_micros(200));
            }
            drop(file);
            fs::rename(path(LOG), path(&rotated(rotation))).unwrap();
            fs::write(path(LOG), "").unwrap();
            if let Some(old) = rotation.checked_sub(3).filter(|old| *old > 0) {
                fs::remove_file(path(&format!("{}.gz", rotated(old)))).unwrap();
            }
            let content = fs::read(path(&rotated(rotation))).unwrap();
            fs::write(path(&format!("{}.gz", rotated(rotation))), gzip(&content)).unwrap();
            fs::remove_file(path(&rotated(rotation))).unwrap();
        }
        wait_for_lines(&taken, next);
    });
    assert_eq!(*taken.gaps.lock().unwrap(), []);
}
