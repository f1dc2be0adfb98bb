//! One target: its settings made ready, and what is known of it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use taffrail_config::{NotifyFrom, NotifySettings, Problem};
use taffrail_event::Timestamp;
use taffrail_query::{Query, TimeContext, parse};

use super::Feed;
use super::checkpoint::Checkpoint;
use super::possible::possible;
use super::post::Receiver;
use super::progress::{Behind, Place, Progress};
use crate::cli::query_problem;
use crate::read::without_own;

/// Settings that can be used.
pub(super) struct Ready {
    settings: NotifySettings,
    query: Query,
    receiver: Receiver,
}

/// Where events of a query go, and how far that is.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) settings: NotifySettings,
    pub(super) query: Query,
    /// Holds for every record whose event may answer to the query.
    pub(super) possible: Query,
    pub(super) receiver: Receiver,
    progress: Mutex<Progress>,
    /// Held while it is written, so that an older state does not replace a newer one.
    checkpoint: Mutex<Checkpoint>,
    /// Whether the last one could not be written.
    is_unsaved: AtomicBool,
}

/// The settings that can be used, and what is wrong with the others.
pub(super) fn ready(settings: &[NotifySettings]) -> (Vec<Ready>, Vec<Problem>) {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for (at, settings) in settings.iter().enumerate() {
        let mut report = |field: &str, message: String| {
            problems.push(Problem { path: format!("notify[{at}].{field}"), message, origin: None });
        };
        let query = read(&settings.query).map_err(|message| report("query", message));
        let receiver = Receiver::of(settings, &mut report);
        if let (Ok(query), Some(receiver)) = (query, receiver) {
            all.push(Ready { settings: settings.clone(), query, receiver });
        }
    }
    (all, problems)
}

/// Means what it means in a search. Times that count from now count from the start.
fn read(text: &str) -> Result<Query, String> {
    match parse(text, &TimeContext::utc(Timestamp::now())) {
        Ok(query) => Ok(without_own(query)),
        Err(error) => Err(query_problem(text, error.span.clone(), &error.message, error.hint.as_deref())),
    }
}

impl Target {
    /// Where its checkpoint in `dir` says that it is; one without begins where its settings say.
    pub(super) fn open(ready: Ready, feed: &Feed, dir: &Path) -> anyhow::Result<Self> {
        let Ready { settings, query, receiver } = ready;
        let checkpoint = Checkpoint::open(dir, &settings.name)?;
        let mut progress = match checkpoint.load()? {
            Some(progress) => progress,
            None => Progress::new(begin(settings.from, feed)),
        };
        let end = feed.journal.end();
        if progress.place.position > end {
            // The journal has lost its end, and gives its positions out again.
            let Place { received, .. } = progress.place;
            progress.place = Place { position: end, ..progress.place };
            progress.place.behind.get_or_insert(Behind { from: Some(received), since: Some(received) });
        }
        checkpoint.save(&progress)?;
        let (progress, checkpoint) = (Mutex::new(progress), Mutex::new(checkpoint));
        let is_unsaved = AtomicBool::new(false);
        Ok(Self { possible: possible(&query), settings, query, receiver, progress, checkpoint, is_unsaved })
    }

    /// What is known of it.
    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what is known durable. If that fails, a restart will send again what was sent since.
    pub(super) fn save(&self) {
        let checkpoint = self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = self.progress().clone();
        let result = checkpoint.save(&progress);
        let name = &self.settings.name;
        match (&result, self.is_unsaved.swap(result.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => {
                tracing::warn!(notify = name, "how far a target is cannot be written down: {error:#}");
            }
            (Ok(()), true) => tracing::info!(notify = name, "how far a target is can be written down again"),
            _ => {}
        }
    }
}

fn begin(from: NotifyFrom, feed: &Feed) -> Place {
    let received = Timestamp::now();
    match from {
        NotifyFrom::Now => Place { position: feed.journal.end(), received, behind: None },
        NotifyFrom::Start => Place {
            position: feed.search.progress().searchable,
            received,
            behind: Some(Behind { from: None, since: None }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_reported_with_its_place() {
        let target = |query: &str| NotifySettings {
            name: "a".to_owned(),
            query: query.to_owned(),
            url: "http://127.0.0.1:9".to_owned(),
            ..NotifySettings::default()
        };
        let missing = taffrail_config::Secret::Env("TAFFRAIL_TEST_NOT_SET".to_owned());
        let mut broken = target("usr:x");
        broken.token = Some(missing.clone());
        broken.headers.insert("X-A".to_owned(), missing);
        broken.ca = Some("/nonexistent/ca.pem".into());
        broken.url = "http://[::1".to_owned();
        let (ready, problems) = ready(&[target("verb:delete"), broken, target("*")]);
        assert_eq!(ready.len(), 2);
        let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        let expected =
            ["query", "url", "token", "headers.X-A", "ca"].map(|field| format!("notify[1].{field}"));
        assert_eq!(paths, expected);
        assert!(problems[0].message.contains("\n  usr:x\n  ^^^\nhint: "), "{}", problems[0].message);
        assert!(problems[2].message.contains("TAFFRAIL_TEST_NOT_SET: not set"), "{}", problems[2].message);
    }
}
