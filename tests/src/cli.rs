//! Runs commands of the program.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::binary::Binary;

/// What a command did.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The exit code; -1 for a signal.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Finished {
    /// Fails the test unless the command succeeded.
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The lines of standard output as JSON.
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        self.stdout.lines().map(parse).collect()
    }
}

/// Runs `taffrail` with these arguments, in the environment of no user.
pub fn taffrail<T: AsRef<std::ffi::OsStr>>(arguments: &[T]) -> Finished {
    with_input(arguments, b"")
}

/// Runs `taffrail` with these arguments and that standard input.
pub fn with_input<T: AsRef<std::ffi::OsStr>>(arguments: &[T], input: &[u8]) -> Finished {
    let mut command = Command::new(Binary::Plain.path());
    command.env_clear().env("TZ", "UTC").args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("start the program");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let output = std::thread::scope(|scope| {
        // A command that reads no input may be gone before it is written.
        scope.spawn(move || stdin.write_all(input).is_ok());
        child.wait_with_output().expect("wait for the program")
    });
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Imports files into a data directory.
pub fn import(data: &Path, cluster: &str, files: &[&Path]) -> Finished {
    let mut arguments: Vec<&std::ffi::OsStr> =
        vec!["import".as_ref(), "--cluster".as_ref(), cluster.as_ref(), "--data".as_ref(), data.as_os_str()];
    arguments.extend(files.iter().map(|file| file.as_os_str()));
    taffrail(&arguments)
}

/// Searches a data directory; one JSON event per line.
pub fn search(data: &Path, query: &str) -> Finished {
    let data = data.to_str().expect("temporary paths are UTF-8");
    taffrail(&["search", "--data", data, "--limit", "0", "-o", "ndjson", query])
}
