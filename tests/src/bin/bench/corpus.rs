//! What is measured with: the large recording, and a data directory of millions of events made of shifted copies.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use taffrail_tests::{Binary, Template, Usage, samples, usage};

/// Copies follow each other in this distance: 10 M events make a week.
const STEP_MICROS: i64 = 3_600_000_000;

/// Where everything is kept between runs.
pub(crate) fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let folder = target.join("bench-data");
    fs::create_dir_all(&folder).expect("create a directory");
    folder
}

/// `large.jsonl`, unpacked.
pub(crate) fn large() -> PathBuf {
    let path = folder().join("large.jsonl");
    if !path.try_exists().expect("look for a file") {
        fs::write(&path, samples::unpacked("audit/large.jsonl.gz")).expect("write a file");
    }
    path
}

/// A data directory with at least that many imported events; made once.
pub(crate) fn directory(events: u64) -> PathBuf {
    let path = folder().join(format!("data-{events}"));
    let complete = folder().join(format!("data-{events}.complete"));
    if complete.try_exists().expect("look for a file") {
        return path;
    }
    if path.try_exists().expect("look for a directory") {
        fs::remove_dir_all(&path).expect("remove what an interrupted run left");
    }
    let mut copy = Template::of(&fs::read(large()).expect("read a file"));
    let copies = u32::try_from(events.div_ceil(copy.events() as u64)).expect("billions of events do not fit");
    let mut command = Command::new(Binary::Plain.path());
    command.args(["import", "--cluster", "bench", "--data"]).arg(&path).arg("-");
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let started = Instant::now();
    let mut child = command.spawn().expect("start the program");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    for number in 0..copies {
        copy.renew(number, i64::from(number) * STEP_MICROS);
        stdin.write_all(copy.bytes()).expect("the import reads on");
        if number % 10 == 9 {
            eprintln!("  copy {} of {copies}, {:.0?}", number + 1, started.elapsed());
        }
    }
    drop(stdin);
    assert!(child.wait().expect("wait for the import").success(), "the import failed");
    fs::write(complete, format!("{:?}\n", started.elapsed())).expect("write a file");
    path
}

/// Runs a command to its end: how long it took, and what it used.
pub(crate) fn timed(command: &mut Command) -> (Duration, Usage) {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().expect("start a command");
    let (pid, done) = (child.id(), AtomicBool::new(false));
    thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let mut last = Usage::default();
            while !done.load(Ordering::Relaxed) {
                // The peak only grows, so the last look before the end is as good as all of them.
                last = usage(pid).unwrap_or(last);
                thread::sleep(Duration::from_millis(5));
            }
            last
        });
        let status = child.wait().expect("wait for a command");
        let elapsed = started.elapsed();
        done.store(true, Ordering::Relaxed);
        assert!(status.success(), "{command:?} failed: {status}");
        (elapsed, sampler.join().expect("the sampler ends"))
    })
}

/// Bytes as mebibytes, for people.
pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}
