//! Which file of the log an opened file is: one that was seen before, a copy or another form of one, or a new one.

use super::{Follow, Log, Tracked, note_trouble};
use crate::tail::checkpoint::FilePoint;
use crate::tail::content::{Held, Identity};
use crate::tail::fingerprint::Fingerprint;

impl Log {
    /// Finds out which file this is, and begins or goes on to read it.
    pub(super) fn admit(&mut self, held: Held) {
        let beginning = match held.beginning() {
            Ok(beginning) => beginning,
            // Half compressed; its end comes, or its original stays.
            Err(_) if held.is_gzip => {
                if !held.is_removed().unwrap_or(true) {
                    self.undecided.push(held);
                }
                return;
            }
            Err(error) => return self.unreadable(&error),
        };
        for follow in self.files.iter_mut().filter_map(|file| file.follow.as_mut()) {
            follow.renew_fingerprint();
        }
        match self.recognise(held.identity, &beginning) {
            Some(at) => self.again(at, held),
            None => self.begin(held, &beginning),
        }
    }

    /// The file that begins like this: the one that was seen as this number, or any if its beginning tells.
    fn recognise(&mut self, identity: Identity, beginning: &[u8]) -> Option<usize> {
        let fits = |file: &Tracked| file.fingerprint().fits(beginning);
        let same = self.files.iter().position(|file| file.point.identities.contains(&identity) && fits(file));
        if same.is_some() {
            return same;
        }
        // The number was given out again.
        for file in &mut self.files {
            file.point.identities.retain(|known| *known != identity);
        }
        self.files.iter().position(|file| file.fingerprint().tells() && fits(file))
    }

    fn again(&mut self, at: usize, held: Held) {
        let file = &mut self.files[at];
        file.missed = 0;
        if !file.point.identities.contains(&held.identity) {
            file.point.identities.push(held.identity);
            self.is_changed = true;
        }
        let has_grown = !held.is_gzip && held.size().is_ok_and(|size| size > file.point.offset);
        if file.point.is_done && has_grown {
            file.point.is_done = false;
        }
        if file.point.is_done {
            return;
        }
        file.copies.push(held);
        if file.follow.is_none() {
            self.use_copy(at);
        }
    }

    /// Goes on in a copy, or in the compressed form, of a file that cannot be read any more.
    pub(super) fn use_copy(&mut self, at: usize) {
        let file = &mut self.files[at];
        let FilePoint { offset, fingerprint, .. } = &file.point;
        // What is in flight is durable before anything else of this file is.
        if file.in_flight > 0 {
            return;
        }
        file.has_ended = false;
        while let Some(held) = file.copies.pop() {
            match Follow::new(held, *offset, fingerprint.clone(), self.max_line_bytes) {
                Ok(follow) => {
                    file.follow = Some(follow);
                    return;
                }
                Err(error) => {
                    let trouble = format!("cannot read {}: {error}", self.path.display());
                    note_trouble(&self.origin, &mut self.read_trouble, Some(trouble));
                }
            }
        }
    }

    pub(super) fn begin(&mut self, held: Held, beginning: &[u8]) {
        let identity = held.identity;
        let skips = self.skips_history;
        let is_done = skips && self.current != Some(identity);
        let offset = if skips && !is_done { held.last_line_start().unwrap_or(0) } else { 0 };
        let point = FilePoint {
            identities: vec![identity],
            fingerprint: Fingerprint::of(beginning),
            offset,
            is_done,
            first: None,
            last: None,
        };
        self.add(point);
        self.is_changed = true;
        let at = self.files.len() - 1;
        if is_done {
            // What it holds now is not news; what it gets later is.
            self.files[at].point.offset = held.size().unwrap_or(0);
        } else {
            self.files[at].copies.push(held);
            self.use_copy(at);
        }
    }
}
