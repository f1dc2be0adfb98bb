//! Which file of the log an opened file is: one that was seen before, a copy or another form of one, or a new one.

use super::{Follow, Log, Tracked, note_trouble};
use crate::tail::checkpoint::FilePoint;
use crate::tail::content::Held;
use crate::tail::fingerprint::{Fingerprint, PREFIX_BYTES};

/// Which file an opened one is.
enum Recognised {
    /// The one at this place in the list.
    As(usize),
    New,
    /// It may be a copy that is being made.
    NotYet,
}

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
        match self.recognise(&held, &beginning) {
            Recognised::As(at) => self.again(at, held),
            Recognised::New => self.begin(held, &beginning),
            Recognised::NotYet if held.is_removed().unwrap_or(true) => {}
            Recognised::NotYet => self.undecided.push(held),
        }
    }

    /// The file that begins like this: the one that was seen as this number, or one that it is a copy of.
    fn recognise(&mut self, held: &Held, beginning: &[u8]) -> Recognised {
        let identity = held.identity;
        let same = self.files.iter().position(|file| {
            file.point.identities.contains(&identity)
                && file.fingerprint().fits(beginning)
                // One that is shorter now was truncated: reading on tells.
                && ends_alike(&file.point, held) != Ending::Other
        });
        if let Some(at) = same {
            return Recognised::As(at);
        }
        // The number was given out again.
        for file in &mut self.files {
            file.point.identities.retain(|known| *known != identity);
        }
        for (at, file) in self.files.iter().enumerate() {
            if !file.fingerprint().tells() || !file.fingerprint().fits(beginning) {
                continue;
            }
            let is_current = self.current.is_some_and(|current| file.point.identities.contains(&current));
            // Only what is about to be truncated is copied as it is; a file that was moved on is compressed.
            if !held.is_gzip && file.is_listed(&self.listed) && !is_current {
                continue;
            }
            match ends_alike(&file.point, held) {
                Ending::Alike if is_copy_so_far(file, held) => return Recognised::As(at),
                Ending::NotThere if is_current || held.is_gzip => return Recognised::NotYet,
                _ => {}
            }
        }
        Recognised::New
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
            match Follow::new(
                held,
                *offset,
                fingerprint.clone(),
                self.max_line_bytes,
                self.origin.flows.is_some(),
            ) {
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
            ending: Fingerprint::default(),
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

/// What an opened file has where the last lies that was read of another.
#[derive(PartialEq)]
enum Ending {
    Alike,
    Other,
    /// It does not reach so far, or cannot be decompressed so far.
    NotThere,
}

fn ends_alike(point: &FilePoint, held: &Held) -> Ending {
    let bytes = point.ending.bytes();
    let from = point.offset.saturating_sub(bytes as u64);
    match held.read_at(from, bytes) {
        Ok(end) if end.len() < bytes && held.is_gzip => Ending::Other,
        Ok(end) if end.len() < bytes => Ending::NotThere,
        Ok(end) if bytes == 0 || point.ending.fits(&end) => Ending::Alike,
        Ok(_) => Ending::Other,
        Err(_) => Ending::NotThere,
    }
}

/// Whether what `held` ends with now is in the original too, if that can be seen; what is unread may be all that differs.
fn is_copy_so_far(file: &Tracked, held: &Held) -> bool {
    let Some(original) = file.follow.as_ref().map(Follow::held).filter(|held| !held.is_gzip) else {
        return true;
    };
    if held.is_gzip {
        return true;
    }
    let Ok(size) = held.size() else { return false };
    // It was truncated since.
    if original.size().is_ok_and(|original| original < size) {
        return true;
    }
    let bytes = PREFIX_BYTES.min(usize::try_from(size).unwrap_or(PREFIX_BYTES));
    let from = size - bytes as u64;
    let ends = (held.read_at(from, bytes), original.read_at(from, bytes));
    matches!(ends, (Ok(copied), Ok(original)) if copied == original)
}
