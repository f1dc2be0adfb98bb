//! What the kernel knows of a process.

use std::fs;
use std::time::Duration;

/// Memory and processor time that a process has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Resident memory at its peak, in bytes (`VmHWM`).
    pub peak_rss: u64,
    /// Resident memory now, in bytes (`VmRSS`).
    pub rss: u64,
    /// The part of `rss` that is no mapped file: heap and stacks, in bytes (`RssAnon`).
    pub anonymous: u64,
    /// Processor time, user and system.
    pub cpu: Duration,
}

/// The usage of a running process; `None` once it has ended.
pub fn usage(pid: u32) -> Option<Usage> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(Usage {
        peak_rss: kibibytes(&status, "VmHWM:")?,
        rss: kibibytes(&status, "VmRSS:")?,
        anonymous: kibibytes(&status, "RssAnon:")?,
        cpu: cpu_time(&stat)?,
    })
}

/// Whether this process may do what only root may.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn kibibytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}

/// Fields 14 and 15 of `/proc/PID/stat`, counted behind the command, which may itself hold spaces and brackets.
fn cpu_time(stat: &str) -> Option<Duration> {
    let (_, behind_command) = stat.rsplit_once(')')?;
    let ticks: u64 =
        behind_command.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse().unwrap_or(0)).sum();
    Some(Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second()))
}
