//! The replacements of one buffer, gathered in any order and applied in one pass that copies everything between them.

use std::ops::Range;

use taffrail_event::json;

use super::hash::{Encoding, ValueHash, from_base64};

/// Replacements that are not applied yet.
#[derive(Default)]
pub(super) struct Edits {
    list: Vec<Edit>,
    text: Vec<u8>,
    sorted: bool,
}

#[derive(Clone)]
struct Edit {
    place: Range<usize>,
    by: By,
}

#[derive(Clone)]
enum By {
    /// A range of the replacements' text.
    Text(Range<usize>),
    /// The hash of what stands there, which is only computed if no outer replacement swallows it: a hash per level of a
    /// deep document would take quadratic time.
    Hash { is_string: bool, encoding: Encoding },
}

/// A state to which [`Edits::roll_back`] returns.
pub(super) struct Mark(usize);

impl Edits {
    /// Replaces `place` with what `write` appends. Where replacements lie within each other, the outermost counts;
    /// of two for the same place, the later one.
    pub(super) fn replace(&mut self, place: Range<usize>, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.text.len();
        write(&mut self.text);
        self.push(place, By::Text(start..self.text.len()));
    }

    /// Replaces `place`, the content of a string or else a whole value, by its hash.
    pub(super) fn mask(&mut self, place: Range<usize>, is_string: bool, encoding: Encoding) {
        self.push(place, By::Hash { is_string, encoding });
    }

    fn push(&mut self, place: Range<usize>, by: By) {
        let in_order = self.list.last().is_none_or(|last| last.place.end <= place.start);
        self.sorted = in_order && (self.sorted || self.list.is_empty());
        self.list.push(Edit { place, by });
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.list.len())
    }

    /// Forgets every replacement since `mark`.
    pub(super) fn roll_back(&mut self, mark: &Mark) {
        self.list.truncate(mark.0);
    }

    /// Appends `source` with the replacements made.
    pub(super) fn apply(mut self, source: &[u8], hash: &ValueHash, out: &mut Vec<u8>) {
        if !self.sorted {
            // The sort is stable: of equal places the later replacement comes first.
            self.list.reverse();
            self.list.sort_by(|a, b| a.place.start.cmp(&b.place.start).then(b.place.end.cmp(&a.place.end)));
        }
        let mut copied = 0;
        for edit in &self.list {
            if edit.place.start < copied {
                continue;
            }
            out.extend_from_slice(&source[copied..edit.place.start]);
            match &edit.by {
                By::Text(text) => out.extend_from_slice(&self.text[text.clone()]),
                By::Hash { is_string, encoding } => {
                    write_hash(&source[edit.place.clone()], *is_string, *encoding, hash, out);
                }
            }
            copied = edit.place.end;
        }
        out.extend_from_slice(&source[copied..]);
    }
}

fn write_hash(raw: &[u8], is_string: bool, encoding: Encoding, hash: &ValueHash, out: &mut Vec<u8>) {
    if !is_string {
        out.push(b'"');
        hash.write(raw, out);
        out.push(b'"');
        return;
    }
    let text = json::unescape(raw);
    let decoded = if encoding == Encoding::Base64 { from_base64(&text) } else { None };
    hash.write(decoded.as_deref().unwrap_or(&text), out);
}

/// Appends `text` as the content of a JSON string. Bytes that are no UTF-8 stay as they are.
pub(crate) fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                let low = byte & 15;
                let digit = if low < 10 { b'0' + low } else { b'a' + low - 10 };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), digit]);
            }
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use taffrail_event::json;

    #[test]
    fn the_outermost_replacement_counts_in_any_order() {
        fn check(places: &[(usize, usize)], expected: &str) {
            let mut edits = Edits::default();
            for (start, end) in places {
                edits.replace(*start..*end, |out| out.push(b'*'));
            }
            let mut out = Vec::new();
            edits.apply(b"0123456789", &ValueHash::new(&[7; 32]).unwrap(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{places:?}");
        }
        check(&[], "0123456789");
        check(&[(1, 3), (5, 6)], "0*34*6789");
        check(&[(5, 6), (1, 3)], "0*34*6789");
        check(&[(2, 3), (1, 5), (7, 10)], "0*56*");
        check(&[(1, 5), (1, 2), (4, 5)], "0*56789");
        check(&[(0, 10), (3, 4)], "*");
    }

    proptest! {
        #[test]
        fn escapes_read_back(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut out = Vec::new();
            write_escaped(&text, &mut out);
            prop_assert_eq!(json::unescape(&out).into_owned(), text);
            out.insert(0, b'"');
            out.push(b'"');
            prop_assert!(json::is_well_formed(&out));
        }
    }
}
