//! What the server wrote to standard error: one JSON object a line, as `log.format: json` has it.

use std::io::{BufRead, BufReader};
use std::process::ChildStderr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// The lines so far, of all runs of one server.
#[derive(Debug, Clone, Default)]
pub struct Log {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Log {
    /// Reads to the end of `stderr` in a thread of its own.
    pub(crate) fn follow(&self, stderr: ChildStderr) -> JoinHandle<()> {
        let lines = Arc::clone(&self.lines);
        thread::spawn(move || {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        })
    }

    /// All lines.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a line holds `text`.
    pub fn holds(&self, text: &str) -> bool {
        self.lines().iter().any(|line| line.contains(text))
    }

    /// The last lines, for the message of a test that fails.
    pub fn tail(&self) -> String {
        let lines = self.lines();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Warnings, errors and what is no log line at all (a panic), without those that hold one of `expected`.
    pub fn complaints(&self, expected: &[String]) -> Vec<String> {
        let is_expected = |line: &String| expected.iter().any(|text| line.contains(text.as_str()));
        self.lines().into_iter().filter(|line| is_complaint(line) && !is_expected(line)).collect()
    }
}

fn is_complaint(line: &str) -> bool {
    match serde_json::from_str::<serde_json::Value>(line) {
        Ok(entry) => !matches!(entry["level"].as_str(), Some("INFO" | "DEBUG" | "TRACE")),
        Err(_) => !line.trim().is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_what_nobody_expects() {
        fn check(line: &str, expected: bool) {
            assert_eq!(is_complaint(line), expected, "{line}");
        }
        check(r#"{"level":"INFO","fields":{"message":"listening"}}"#, false);
        check(r#"{"level":"WARN","fields":{"message":"disk full"}}"#, true);
        check("thread 'main' panicked at src/main.rs:1:1:", true);
        check("", false);
    }
}
