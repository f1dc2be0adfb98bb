//! After something that is not JSON: where the next item begins.
//!
//! Whatever comes first of: the beginning of an item as API servers write it; the end of the broken item, if its
//! brackets add up; a line that begins with a bracket; after a line of text, the next line.

use super::nesting::Nesting;

/// Long enough to tell every beginning of an item.
pub(super) const LOOK_AHEAD: usize = 64;

/// What is being skipped.
pub(super) enum Skip {
    /// An item, inside these brackets.
    Item { open: Nesting, in_string: bool, escape: bool },
    /// Anything else, to the end of the line.
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
                Self::Text if byte == b'\n' => return (pos + 1, true),
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

fn begins_line(rest: &[u8]) -> bool {
    matches!(rest.get(1), Some(b'{' | b'['))
}
