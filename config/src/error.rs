//! What can be wrong with a configuration, by what its author can do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read: name another, or make it readable.
    #[error("cannot read configuration file {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The file is not YAML: correct it at the place named.
    #[error("configuration file {} is not readable as YAML: {message}", path.display())]
    NotYaml {
        /// The file.
        path: PathBuf,
        /// What the parser met, with line and column.
        message: String,
    },
    /// Settings are unknown, of the wrong kind or do not fit together: correct each of them.
    #[error("{}", listed("the configuration", problems))]
    Invalid {
        /// All of them, in the order of the file, the environment, the command line, then of the settings.
        problems: Vec<Problem>,
    },
    /// Entries of a credentials file are wrong: correct each of them.
    #[error("{}: {}", path.display(), listed("it", problems))]
    Credentials {
        /// The file.
        path: PathBuf,
        /// All of them, by the number of the entry from 0.
        problems: Vec<Problem>,
    },
    /// A secret cannot be read: correct its file or variable.
    #[error("{place}: {reason}")]
    Secret {
        /// The file or the environment variable.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A text is no field path: write it differently.
    #[error("{path:?} is not a field path: {reason}")]
    FieldPath {
        /// What was written.
        path: String,
        /// The rule it breaks.
        reason: &'static str,
    },
}

/// One thing to correct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: a setting such as `ingest.listen` or `redaction.add[0].paths[1]`, or an environment variable.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The environment variable or command line that gave the value, when the file did not.
    pub origin: Option<String>,
}

impl Problem {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), origin: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)?;
        match &self.origin {
            Some(origin) => write!(f, " (given by {origin})"),
            None => Ok(()),
        }
    }
}

fn listed(what: &str, problems: &[Problem]) -> String {
    /// Nobody reads more at once.
    const SHOWN: usize = 50;
    let mut text = match problems.len() {
        1 => format!("{what} has 1 problem:"),
        count => format!("{what} has {count} problems:"),
    };
    for problem in problems.iter().take(SHOWN) {
        text.push_str(&format!("\n  {problem}"));
    }
    if problems.len() > SHOWN {
        text.push_str(&format!("\n  and {} more", problems.len() - SHOWN));
    }
    text
}
