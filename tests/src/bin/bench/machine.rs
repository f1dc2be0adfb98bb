//! What the measurements were made on.

use std::fs;
use std::process::Command;

/// Processor, memory, kernel, commit.
pub(crate) fn description() -> String {
    let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = field(&cpu_info, "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cores = cpu_info.lines().filter(|line| line.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = field(&memory, "MemTotal").unwrap_or_default();
    let gibibytes = memory
        .trim_end_matches("kB")
        .trim()
        .parse::<u64>()
        .map_or(0, |kibibytes| (kibibytes + (1 << 19)) >> 20);
    format!(
        "{cores} cores ({cpu}), {gibibytes} GiB, Linux {}; {}; {}; Taffrail {}, {}.\n",
        output("uname", &["-r"]),
        output("gzip", &["--version"]),
        output("zstd", &["--version"]).trim_matches(|c| c == '*' || c == ' '),
        output("git", &["rev-parse", "--short", "HEAD"]),
        output("date", &["-u", "+%Y-%m-%d"]),
    )
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// The first line that a command prints.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("?").trim().to_owned()
}
