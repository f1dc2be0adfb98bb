//! Every task and thread of a running server, with what happens when it fails and when the server stops.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// What runs for as long as the server does.
///
/// Beside these: one task per connection (bounded by the listeners), blocking threads for requests (bounded by their
/// slots), the journal's sync thread and the index's own threads, which end with their owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskKind {
    /// Accepts questions.
    ApiListener,
    /// Accepts events.
    IngestListener,
    /// Answers probes.
    HealthListener,
    /// Looks after certificates and credentials.
    Reload,
    /// Writes down who read what.
    ReadLog,
    /// Rebuilds quiet splits, and removes those that are not kept any longer.
    Compaction,
    /// Takes records from the journal to the index.
    Pipeline,
    /// Looks for sources that fell silent.
    Watch,
    /// Looks for what should not be while a pod is under quarantine.
    Containment,
    /// Follows logs.
    Tail,
    /// Sends events on.
    Notify,
}

/// What the failure of a task means for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnError {
    /// Without it the server is of no use.
    StopServer,
    /// The server goes on; log, status and coverage say what is missing.
    Log,
}

/// What a task does when the server stops. The server stops them in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OnStop {
    /// Accepts nothing more, and ends when what is in flight has its answer.
    FinishRequests,
    /// Writes what has been handed to it, and ends.
    WriteOut,
    /// Leaves at the next point where nothing is lost.
    LeaveOff,
    /// Takes everything that is durable to the index, commits and ends.
    Drain,
    /// Says until the end that the server stops.
    Outlast,
}

impl TaskKind {
    /// Its name in logs, and its thread's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ApiListener => "api-listener",
            Self::IngestListener => "ingest-listener",
            Self::HealthListener => "health-listener",
            Self::Reload => "reload",
            Self::ReadLog => "read-log",
            Self::Compaction => "compaction",
            Self::Pipeline => "pipeline",
            Self::Watch => "watch",
            Self::Containment => "containment-watch",
            Self::Tail => "tail",
            Self::Notify => "notify",
        }
    }

    /// What its failure means.
    pub(crate) fn on_error(self) -> OnError {
        match self {
            Self::ApiListener | Self::IngestListener | Self::HealthListener => OnError::StopServer,
            // Senders must not suffer from a broken index: the journal keeps what they send.
            // And readers must not suffer because nobody writes down what they read; a log keeps its lines until somebody
            // has looked. What is not sent on waits in the index.
            Self::Compaction
            | Self::Pipeline
            | Self::Watch
            | Self::Containment
            | Self::Reload
            | Self::ReadLog
            | Self::Tail
            | Self::Notify => OnError::Log,
        }
    }

    /// What it does at the stop.
    pub(crate) fn on_stop(self) -> OnStop {
        match self {
            Self::ApiListener | Self::IngestListener => OnStop::FinishRequests,
            Self::ReadLog => OnStop::WriteOut,
            Self::Compaction | Self::Watch | Self::Containment | Self::Reload | Self::Tail | Self::Notify => {
                OnStop::LeaveOff
            }
            Self::Pipeline => OnStop::Drain,
            Self::HealthListener => OnStop::Outlast,
        }
    }
}

/// How a task ended.
pub(crate) type Ended = (TaskKind, anyhow::Result<()>);

/// The running tasks.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    running: JoinSet<Ended>,
    kinds: Vec<TaskKind>,
}

impl Tasks {
    /// Starts an asynchronous task.
    pub(crate) fn spawn(
        &mut self,
        kind: TaskKind,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.kinds.push(kind);
        // In a task of its own, so that a panic is an end like any other.
        let task = tokio::spawn(task);
        self.running.spawn(async move {
            let result = task.await.unwrap_or_else(|error| Err(anyhow!("panicked: {error}")));
            (kind, result)
        });
    }

    /// Starts a thread for work that blocks.
    pub(crate) fn spawn_thread(
        &mut self,
        kind: TaskKind,
        work: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let (sender, ended) = oneshot::channel();
        std::thread::Builder::new()
            .name(kind.name().to_owned())
            .spawn(move || {
                // Nobody waits any more only when the process is ending.
                sender.send(work()).ok();
            })
            .with_context(|| format!("cannot start the {} thread", kind.name()))?;
        self.kinds.push(kind);
        self.running.spawn(async move {
            (kind, ended.await.unwrap_or_else(|_| Err(anyhow!("the thread panicked"))))
        });
        Ok(())
    }

    /// Waits for the next task that ends; never when none runs.
    pub(crate) async fn next(&mut self) -> Ended {
        loop {
            match self.running.join_next().await {
                Some(Ok((kind, result))) => {
                    self.kinds.retain(|running| *running != kind);
                    return (kind, result);
                }
                Some(Err(error)) => tracing::error!(%error, "a task could not be joined"),
                None => std::future::pending().await,
            }
        }
    }

    /// Waits until every task with this rule has ended; `false` if time runs out.
    pub(crate) async fn ended(&mut self, rule: OnStop, until: Instant) -> bool {
        while self.kinds.iter().any(|kind| kind.on_stop() == rule) {
            match timeout_at(until, self.next()).await {
                Ok((kind, Ok(()))) => tracing::debug!(task = kind.name(), "ended"),
                Ok((kind, Err(error))) => {
                    tracing::error!(task = kind.name(), "failed while stopping: {error:#}")
                }
                Err(_) => return false,
            }
        }
        true
    }
}

/// A flag that threads look at, with a wait that it interrupts.
#[derive(Debug, Clone, Default)]
pub(crate) struct StopFlag {
    inner: Arc<StopInner>,
}

#[derive(Debug, Default)]
struct StopInner {
    is_set: std::sync::atomic::AtomicBool,
    lock: std::sync::Mutex<()>,
    changed: std::sync::Condvar,
}

impl StopFlag {
    /// Sets it, for good.
    pub(crate) fn set(&self) {
        let _guard = self.inner.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.inner.is_set.store(true, std::sync::atomic::Ordering::Relaxed);
        self.inner.changed.notify_all();
    }

    /// For those who look at it now and then.
    pub(crate) fn as_atomic(&self) -> &std::sync::atomic::AtomicBool {
        &self.inner.is_set
    }

    /// Waits for `time` or until it is set; whether it is set.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let is_set = || self.inner.is_set.load(std::sync::atomic::Ordering::Relaxed);
        let guard = self.inner.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let waited = self.inner.changed.wait_timeout_while(guard, time, |()| !is_set());
        drop(waited);
        is_set()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_end_like_any_other() {
        let mut tasks = Tasks::default();
        tasks.spawn(TaskKind::ApiListener, async { panic!("task") });
        tasks.spawn_thread(TaskKind::Pipeline, || panic!("thread")).unwrap();
        tasks.spawn(TaskKind::IngestListener, async { Ok(()) });
        for _ in 0..3 {
            let (kind, result) = tasks.next().await;
            assert_eq!(result.is_ok(), kind == TaskKind::IngestListener, "{kind:?}");
        }
    }

    #[tokio::test]
    async fn a_stop_waits_for_those_of_one_rule() {
        let mut tasks = Tasks::default();
        let stop = StopFlag::default();
        let thread_stop = stop.clone();
        tasks
            .spawn_thread(TaskKind::Pipeline, move || {
                while !thread_stop.wait(Duration::from_secs(60)) {}
                Ok(())
            })
            .unwrap();
        tasks.spawn(TaskKind::ApiListener, async { Ok(()) });
        let soon = || Instant::now() + Duration::from_millis(50);
        assert!(tasks.ended(OnStop::FinishRequests, soon()).await);
        assert!(!tasks.ended(OnStop::Drain, soon()).await);
        stop.set();
        assert!(tasks.ended(OnStop::Drain, Instant::now() + Duration::from_secs(20)).await);
    }
}
