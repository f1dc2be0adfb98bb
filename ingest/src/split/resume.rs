//! After something that is not JSON: where the next item begins.
//!
//! Whatever comes first of: the beginning of an item as API servers write it; the end of the broken item, if its
//! brackets add up; a line that begins with a bracket. Lines of text stay together however many there are: one may say what
//! the next one is, as in a manifest or in a key over many lines.

use super::nesting::Nesting;
use super::scan::is_space;

/// Long enough to tell every beginning of an item.
pub(super) const LOOK_AHEAD: usize = 64;

/// What is being skipped.
pub(super) enum Skip {
    /// An item, inside these brackets.
    Item { open: Nesting, in_string: bool, escape: bool },
    /// Anything else, up to a line that begins with a bracket.
    Text,
}

impl Skip {
    pub(super) fn item(open: Nesting) -> Self {
        Self::Item { open, in_string: false, escape: false }
    }

    /// How many bytes of `buf` to skip, and whether the next item begins there. Give the rest again otherwise.
    pub(super) fn run(&mut self, buf: &[u8], last: bool) -> (usize, bool) {
        for (pos, &byte) in buf.iter().enumerate() {
            if !last && buf.len() - pos < LOOK_AHEAD {
                return (pos, false);
            }
            let rest = buf.get(pos..).unwrap_or_default();
            if begins_item(rest) {
                return (pos, true);
            }
            match self {
                Self::Text if byte == b'\n' && may_begin_item(rest) => return (pos + 1, true),
                Self::Text => {}
                Self::Item { in_string, escape, .. } if byte == b'\n' => {
                    (*in_string, *escape) = (false, false);
                    if begins_line(rest) {
                        return (pos + 1, true);
                    }
                }
                Self::Item { escape, .. } if *escape => *escape = false,
                Self::Item { in_string, escape, .. } if *in_string => match byte {
                    b'\\' => *escape = true,
                    b'"' => *in_string = false,
                    _ => {}
                },
                Self::Item { open, in_string, .. } => match byte {
                    b'"' => *in_string = true,
                    b'{' | b'[' => open.push(byte == b'{'),
                    b',' if open.depth() == 0 => return (pos, true),
                    b'}' | b']' => {
                        if !open.unwind(byte == b'}') {
                            // It closes what the item is in.
                            return (pos, true);
                        }
                        if open.depth() == 0 {
                            return (pos + 1, true);
                        }
                    }
                    _ => {}
                },
            }
        }
        (buf.len(), false)
    }
}

/// The first place in `buf[1..=up_to]` where another item seems to begin.
pub(super) fn swallowed(buf: &[u8], up_to: usize) -> Option<usize> {
    (1..=up_to.min(buf.len().saturating_sub(1))).find(|&pos| match buf[pos] {
        b'{' | b'[' => buf[pos - 1] == b'\n' || begins_item(&buf[pos..]),
        _ => false,
    })
}

/// The first line in `buf` that begins like an item. `at_line_start`: the first byte of `buf` begins a line.
pub(super) fn item_line(buf: &[u8], at_line_start: bool) -> Option<usize> {
    at_line_start
        .then_some(0)
        .into_iter()
        .chain(memchr::memchr_iter(b'\n', buf).map(|end| end + 1))
        .find(|start| begins_item(&buf[*start..]))
}

/// Whether an event or a list of events begins here, in the words and the order in which API servers write them.
fn begins_item(rest: &[u8]) -> bool {
    if rest.first() != Some(&b'{') {
        return false;
    }
    if rest.starts_with(br#"{"kind":"Event"#) {
        return rest.starts_with(br#"{"kind":"Event","apiVersion":"audit.k8s.io/"#)
            || rest.starts_with(br#"{"kind":"EventList","apiVersion":"audit.k8s.io/"#);
    }
    let Some(rest) = rest.strip_prefix(br#"{"level":""#) else { return false };
    [&b"Metadata"[..], b"RequestResponse", b"Request"]
        .iter()
        .filter_map(|level| rest.strip_prefix(*level))
        .any(|rest| rest.starts_with(br#"","auditID":""#))
}

/// Whether the line after this line end may be an item: a bracket comes first in it. Commas and white space before an item
/// are nothing, and more of them than can be looked at may be before one.
fn may_begin_item(rest: &[u8]) -> bool {
    let line = &rest[1..rest.len().min(LOOK_AHEAD)];
    match line.iter().find(|byte| !is_space(**byte) && **byte != b',') {
        Some(first) => matches!(first, b'{' | b'['),
        None => rest.len() >= LOOK_AHEAD,
    }
}

fn begins_line(rest: &[u8]) -> bool {
    matches!(rest.get(1), Some(b'{' | b'['))
}
