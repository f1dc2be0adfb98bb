//! What is known of one log: its files, how far each is read, and whether one was missed.

mod admit;
mod missed;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use taffrail_event::{Gap, Timestamp};

use super::checkpoint::{Checkpoint, Checkpoints, FilePoint, Loaded};
use super::content::{Held, Identity};
use super::drops::Stretches;
use super::fingerprint::Fingerprint;
use super::follow::{Follow, Next, Piece};
use super::hand_on::Done;
use super::look::Sighting;
use crate::intake::IntakeOrigin;

/// How often a checkpoint is written while lines come in. What lies between is read again after a crash.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// One file of a log.
struct Tracked {
    id: FileId,
    point: FilePoint,
    follow: Option<Follow>,
    /// Copies of it, in case it is truncated, and its compressed form, in case it cannot be read to its end.
    copies: Vec<Held>,
    in_flight: usize,
    /// Whether there was nothing to read when last asked.
    is_waiting: bool,
    /// Whether nothing more comes, once what is in flight is durable.
    has_ended: bool,
    /// Looks in a row at which it was not there.
    missed: u32,
    /// Whether a gap was reported for what it may have lost.
    is_excused: bool,
}

/// Tells the files of one log apart.
pub(super) type FileId = u64;

/// One log.
pub(super) struct Log {
    path: PathBuf,
    pub(super) origin: IntakeOrigin,
    max_line_bytes: u64,
    files: Vec<Tracked>,
    next_id: FileId,
    current: Option<Identity>,
    listed: Vec<Identity>,
    /// The newest file of the last look.
    anchor: Option<FileId>,
    /// The first and the last file that is gone unread, before all is known that a gap says.
    missing: Option<(FileId, FileId)>,
    /// Compressed files and copies that are not there as a whole yet.
    undecided: Vec<Held>,
    gaps: Vec<Gap>,
    drops: Stretches,
    /// Begin behind what is there at the first look.
    skips_history: bool,
    is_changed: bool,
    saved: Instant,
    pub(super) noise: u64,
    look_trouble: Option<String>,
    read_trouble: Option<String>,
    /// Whether its directory is no longer there.
    is_gone: bool,
}

impl Log {
    /// A log, as far as its checkpoint knows it.
    pub(super) fn open(
        path: PathBuf,
        origin: IntakeOrigin,
        max_line_bytes: u64,
        from_end: bool,
        checkpoints: &Checkpoints,
    ) -> Self {
        let loaded = checkpoints.load(&Checkpoint::new(&path, &origin.cluster, Vec::new()));
        let mut log = Self {
            path,
            origin,
            max_line_bytes,
            files: Vec::new(),
            next_id: 0,
            current: None,
            listed: Vec::new(),
            anchor: None,
            missing: None,
            undecided: Vec::new(),
            gaps: Vec::new(),
            drops: Stretches::default(),
            skips_history: from_end && loaded == Loaded::Never,
            is_changed: false,
            saved: Instant::now(),
            noise: 0,
            look_trouble: None,
            read_trouble: None,
            is_gone: false,
        };
        if let Loaded::Known(checkpoint) = loaded {
            for point in checkpoint.files {
                log.anchor = Some(log.add(point));
            }
        }
        log
    }

    /// Takes note of a look.
    pub(super) fn saw(&mut self, sighting: Sighting) {
        let Sighting { files, current, opened, trouble, is_gone } = sighting;
        self.is_gone = is_gone;
        self.current = current;
        self.listed = files;
        note_trouble(&self.origin, &mut self.look_trouble, trouble);
        let undecided = std::mem::take(&mut self.undecided);
        for held in undecided.into_iter().chain(opened) {
            self.admit(held);
        }
        self.skips_history &= self.listed.is_empty();
        self.look_for_missed();
    }

    /// Reads on, in the oldest file that has something to give.
    pub(super) fn next_piece(&mut self) -> Option<(FileId, Piece)> {
        let newest = self.files.last()?.id;
        for at in 0..self.files.len() {
            let file = &mut self.files[at];
            let Some(follow) = &mut file.follow else { continue };
            if file.has_ended {
                continue;
            }
            let is_current = self.current == Some(follow.held().identity);
            let is_last = file.id == newest && !self.is_gone;
            let is_final = !is_current && (!is_last || follow.held().is_removed().unwrap_or(false));
            match follow.next(is_final) {
                Ok(Next::Piece(mut piece)) => {
                    file.point.first = file.point.first.or(piece.first);
                    file.in_flight += 1;
                    file.is_waiting = false;
                    self.noise += piece.noise;
                    let id = file.id;
                    if !self.files.iter().any(Tracked::is_broken) {
                        self.read_trouble = None;
                    }
                    for drops in std::mem::take(&mut piece.dropped) {
                        self.drops.add(drops);
                    }
                    self.tell_drops(false);
                    return Some((id, piece));
                }
                Ok(Next::Wait) if follow.is_broken() => self.broken(at),
                Ok(Next::Wait) => file.is_waiting = true,
                Ok(Next::End) => {
                    file.has_ended = true;
                    self.close_if_done(at);
                }
                Ok(Next::Truncated) => self.truncated(at),
                Err(error) => {
                    file.is_waiting = true;
                    self.unreadable(&error);
                }
            }
        }
        self.finish_gap();
        self.tell_drops(true);
        None
    }

    /// Reports drops that an API server wrote of in its log.
    fn tell_drops(&mut self, is_idle: bool) {
        for drops in self.drops.take_news(is_idle) {
            let gap = self.new_gap(drops.from, drops.to, &drops.reason());
            self.gaps.push(Gap { lost: Some(drops.count), ..gap });
        }
    }

    /// A piece is durable.
    pub(super) fn done(&mut self, done: Done) {
        let Some(at) = self.files.iter().position(|file| file.id == done.file) else { return };
        let file = &mut self.files[at];
        file.in_flight -= 1;
        file.point.offset = done.end;
        file.point.ending = done.ending;
        file.point.last = done.last.or(file.point.last);
        self.is_changed = true;
        self.close_if_done(at);
    }

    /// Gaps that are to be reported. Until [`Log::gap_reported`] the checkpoint stays as it is, so that they are found again
    /// after a crash.
    pub(super) fn gap(&self) -> Option<&Gap> {
        self.gaps.first()
    }

    /// The first gap is durable.
    pub(super) fn gap_reported(&mut self) {
        self.gaps.remove(0);
        self.is_changed = true;
    }

    /// Writes the checkpoint if it is time to; `now`: in any case.
    pub(super) fn save(&mut self, checkpoints: &Checkpoints, now: bool) -> io::Result<()> {
        let is_due = now || self.saved.elapsed() >= SAVE_INTERVAL;
        if !self.is_changed || !is_due || !self.gaps.is_empty() || self.suspects_a_gap() {
            return Ok(());
        }
        self.saved = Instant::now();
        let points = self.files.iter().map(Tracked::point).collect();
        checkpoints.save(&Checkpoint::new(&self.path, &self.origin.cluster, points))?;
        self.is_changed = false;
        Ok(())
    }

    /// Bytes that are there and not durable yet.
    pub(super) fn lag(&self) -> u64 {
        let follows = self.files.iter().filter_map(|file| Some((file.follow.as_ref()?, file.point.offset)));
        follows.map(|(follow, offset)| follow.lag(offset)).sum()
    }

    /// Files that are not read to their end yet.
    pub(super) fn open_files(&self) -> usize {
        self.files.iter().filter(|file| file.follow.is_some()).count()
    }

    /// Whether its directory is gone, and all that was in it is in the journal and in the checkpoint.
    pub(super) fn is_over(&self) -> bool {
        let is_idle = |file: &Tracked| file.follow.is_none() && file.in_flight == 0;
        self.is_gone && !self.is_changed && self.gaps.is_empty() && self.files.iter().all(is_idle)
    }

    /// What keeps it from being read.
    pub(super) fn trouble(&self) -> Option<String> {
        self.look_trouble.clone().or_else(|| self.read_trouble.clone())
    }

    fn add(&mut self, point: FilePoint) -> FileId {
        let id = self.next_id;
        self.next_id += 1;
        self.files.push(Tracked {
            id,
            point,
            follow: None,
            copies: Vec::new(),
            in_flight: 0,
            is_waiting: false,
            has_ended: false,
            missed: 0,
            is_excused: false,
        });
        id
    }

    /// A compressed file that cannot be read to its end. If it is gone, there may be another form of it.
    fn broken(&mut self, at: usize) {
        let file = &mut self.files[at];
        file.is_waiting = true;
        if file.follow.as_ref().is_some_and(|follow| follow.held().is_removed().unwrap_or(false)) {
            file.follow = None;
            self.use_copy(at);
            return;
        }
        let error = io::Error::other("a compressed file breaks off; it is tried again when it has changed");
        self.unreadable(&error);
    }

    fn unreadable(&mut self, error: &io::Error) {
        let trouble = format!("cannot read {}: {error}", self.path.display());
        note_trouble(&self.origin, &mut self.read_trouble, Some(trouble));
    }

    /// The file begins anew: what it held is elsewhere or nowhere.
    fn truncated(&mut self, at: usize) {
        let file = &mut self.files[at];
        let Some(follow) = file.follow.take() else { return };
        let held = follow.held().clone();
        file.point.identities.retain(|identity| *identity != held.identity);
        file.point.fingerprint = follow.fingerprint().clone();
        file.is_excused = true;
        let (id, last) = (file.id, file.point.last);
        self.use_copy(at);
        let now = Timestamp::now();
        self.gaps.push(self.new_gap(
            last.unwrap_or(now),
            now,
            "the log was truncated in place; lines written shortly before may be missing",
        ));
        // Its beginning is looked at when it has one.
        self.begin(held, &[]);
        if self.anchor == Some(id) {
            self.anchor = self.files.last().map(|file| file.id);
        }
    }

    fn close_if_done(&mut self, at: usize) {
        let file = &mut self.files[at];
        if file.in_flight > 0 {
            return;
        }
        if file.has_ended && file.follow.is_some() {
            file.point = file.point();
            file.point.is_done = true;
            file.follow = None;
            file.copies.clear();
            self.is_changed = true;
        } else if file.follow.is_none() && !file.copies.is_empty() {
            self.use_copy(at);
        }
    }
}

impl Tracked {
    fn fingerprint(&self) -> &Fingerprint {
        self.follow.as_ref().map_or(&self.point.fingerprint, Follow::fingerprint)
    }

    fn point(&self) -> FilePoint {
        FilePoint { fingerprint: self.fingerprint().clone(), ..self.point.clone() }
    }

    fn is_broken(&self) -> bool {
        self.follow.as_ref().is_some_and(Follow::is_broken)
    }

    fn is_listed(&self, listed: &[Identity]) -> bool {
        self.point.identities.iter().any(|identity| listed.contains(identity))
    }

    /// Whether it is among the files that are there, or was moved to where nobody looks.
    fn is_there(&self, listed: &[Identity]) -> bool {
        self.is_listed(listed)
            || self.follow.as_ref().is_some_and(|follow| !follow.held().is_removed().unwrap_or(true))
    }
}

/// Remembers what is in the way, and logs it when it is news.
fn note_trouble(origin: &IntakeOrigin, place: &mut Option<String>, trouble: Option<String>) {
    if let Some(news) = trouble.as_ref().filter(|_| *place != trouble) {
        tracing::warn!(source = &*origin.source, "{news}");
    }
    *place = trouble;
}
