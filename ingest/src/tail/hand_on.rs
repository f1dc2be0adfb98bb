//! Hands pieces on, several at once, and says in their order that they are durable.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;
use std::time::Duration;

use taffrail_event::{Timestamp, crash_point};

use super::TailSink;
use super::fingerprint::Fingerprint;
use super::follow::Piece;
use super::log::FileId;
use crate::intake::IntakeOrigin;

/// While one waits for the disk, another redacts.
const HANDS: usize = 2;

/// Pieces in memory beside the one that is being read.
const IN_FLIGHT: usize = 3;

/// Nothing is refused for longer than it has to be, and nobody is asked more often than every two seconds in the end.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How often somebody who pauses looks whether to stop.
const STOP_INTERVAL: Duration = Duration::from_millis(50);

/// A piece that is durable.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) file: FileId,
    /// Everything before is durable.
    pub(super) end: u64,
    /// The last bytes before that.
    pub(super) ending: Fingerprint,
    pub(super) last: Option<Timestamp>,
}

/// Threads that hand pieces on, for logs that are told apart by `K`.
pub(super) struct Hands<K> {
    jobs: SyncSender<Job>,
    in_flight: VecDeque<(K, Done, Receiver<bool>)>,
    done: Vec<(K, Done)>,
    /// Whether a piece was given up: nothing that was given later may count.
    has_given_up: bool,
}

struct Job {
    origin: IntakeOrigin,
    lines: Vec<u8>,
    /// Whether it is durable now.
    result: Sender<bool>,
}

impl<K> Hands<K> {
    /// Threads that end with the value, or give up what is refused when `stop` is set.
    pub(super) fn spawn<'scope, 'env>(
        scope: &'scope Scope<'scope, 'env>,
        sink: &'scope dyn TailSink,
        stop: &'scope AtomicBool,
    ) -> Self {
        let (jobs, queue) = sync_channel::<Job>(IN_FLIGHT);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..HANDS {
            let queue = Arc::clone(&queue);
            scope.spawn(move || {
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(job) = job else { return };
                    let is_durable = hand_on(sink, &job, stop);
                    // Nobody waits for it any more only when the reader has failed.
                    job.result.send(is_durable).ok();
                }
            });
        }
        Self { jobs, in_flight: VecDeque::new(), done: Vec::new(), has_given_up: false }
    }

    /// Hands a piece on. Waits while as many as may be are on their way.
    pub(super) fn give(&mut self, log: K, file: FileId, origin: IntakeOrigin, piece: Piece) {
        while self.in_flight.len() >= IN_FLIGHT {
            self.wait(Duration::from_secs(1));
        }
        let (sender, result) = channel();
        let done = Done { file, end: piece.end, ending: piece.ending, last: piece.last };
        self.in_flight.push_back((log, done, result));
        let job = Job { origin, lines: piece.body, result: sender };
        // Its result says so if there is no thread left to take it.
        self.jobs.send(job).ok();
    }

    /// Waits until another piece is done, or for `time`; `false` if there is none.
    pub(super) fn wait(&mut self, time: Duration) -> bool {
        let Some((_, _, result)) = self.in_flight.front() else { return false };
        match result.recv_timeout(time) {
            Ok(is_durable) => self.pop(is_durable),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread_panicked(),
        }
        true
    }

    /// Waits until all are done or given up.
    pub(super) fn finish(&mut self) {
        while self.wait(Duration::from_secs(1)) {}
    }

    /// What is durable since the last time, in order.
    pub(super) fn take_all(&mut self) -> Vec<(K, Done)> {
        while let Some((_, _, result)) = self.in_flight.front() {
            match result.try_recv() {
                Ok(is_durable) => self.pop(is_durable),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => thread_panicked(),
            }
        }
        std::mem::take(&mut self.done)
    }

    fn pop(&mut self, is_durable: bool) {
        let Some((log, done, _)) = self.in_flight.pop_front() else { return };
        self.has_given_up |= !is_durable;
        if !self.has_given_up {
            self.done.push((log, done));
        }
    }
}

/// Without its threads the reader must not go on as if something were on its way.
fn thread_panicked() -> ! {
    panic!("a thread that hands lines on has panicked")
}

/// Tries until the lines are durable; `false` if it was told to stop before that.
fn hand_on(sink: &dyn TailSink, job: &Job, stop: &AtomicBool) -> bool {
    if job.lines.is_empty() {
        return true;
    }
    let mut pause = FIRST_PAUSE;
    // What is in the way is in everybody's way, and whoever counts for the sink says so.
    while sink.receive(&job.origin, &job.lines).is_err() {
        let mut left = pause;
        while !left.is_zero() {
            if stop.load(Ordering::Relaxed) {
                return false;
            }
            let slice = left.min(STOP_INTERVAL);
            std::thread::sleep(slice);
            left -= slice;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    crash_point("tail.handed_on");
    true
}
