//! The cursor as clients carry it: opaque, URL-safe, and good only for the question it came from.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use taffrail_event::{Key, Timestamp};

use crate::ast::Query;
use crate::search::{Cursor, Order, TimeRange};

/// First byte of a token; another one is another layout.
const VERSION: u8 = 1;
const BINDING_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 4;
const TOKEN_BYTES: usize = 1 + 8 + 8 + 16 + BINDING_BYTES + CHECKSUM_BYTES;

/// A cursor with what it belongs to.
///
/// It carries the moment that relative times (`now-15m`) were resolved by, so that the client may repeat its request as
/// it was and still walk one fixed range: read the token, resolve query and range by its `now`, then [`CursorToken::check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorToken {
    /// The last event of the page.
    pub cursor: Cursor,
    /// The moment that relative times of the walk count from.
    pub now: Timestamp,
    binding: [u8; BINDING_BYTES],
}

/// Why a cursor is of no use. Starting again without a cursor always helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// Not a token of ours, or not all of it.
    #[error(
        "the cursor is damaged or not from this API; pass `next` of the previous page unchanged, or leave it out to start again"
    )]
    Damaged,
    /// A token of another question.
    #[error(
        "the cursor belongs to another query, time range or order; repeat them unchanged, or leave the cursor out to start again"
    )]
    Mismatch,
}

impl CursorToken {
    /// The token for going on after `cursor`.
    pub fn new(cursor: Cursor, now: Timestamp, query: &Query, range: TimeRange, order: Order) -> Self {
        Self { cursor, now, binding: binding(query, range, order) }
    }

    /// Reads a token. Whether it fits the question is for [`CursorToken::check`].
    pub fn parse(text: &str) -> Result<Self, CursorError> {
        let mut bytes = [0_u8; TOKEN_BYTES];
        let is_whole = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) == Ok(TOKEN_BYTES);
        let (body, checksum) = bytes.split_at(TOKEN_BYTES - CHECKSUM_BYTES);
        if !is_whole || checksum != digest::<CHECKSUM_BYTES>(body) || body.first() != Some(&VERSION) {
            return Err(CursorError::Damaged);
        }
        let mut rest = &body[1..];
        let mut time = || Some(i64::from_be_bytes(take(&mut rest)?));
        let (time, now) = (time(), time());
        let id = take(&mut rest).map(u128::from_be_bytes);
        match (time, now, id, take(&mut rest)) {
            (Some(time), Some(now), Some(id), Some(binding)) => Ok(Self {
                cursor: Cursor { time: Timestamp::from_micros(time), id: Key(id) },
                now: Timestamp::from_micros(now),
                binding,
            }),
            _ => Err(CursorError::Damaged),
        }
    }

    /// Whether the token belongs to this question.
    pub fn check(&self, query: &Query, range: TimeRange, order: Order) -> Result<(), CursorError> {
        if self.binding == binding(query, range, order) { Ok(()) } else { Err(CursorError::Mismatch) }
    }
}

impl fmt::Display for CursorToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(TOKEN_BYTES);
        bytes.push(VERSION);
        bytes.extend(self.cursor.time.micros().to_be_bytes());
        bytes.extend(self.now.micros().to_be_bytes());
        bytes.extend(self.cursor.id.to_bytes());
        bytes.extend(self.binding);
        bytes.extend(digest::<CHECKSUM_BYTES>(&bytes));
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Query, range and order in a few bytes. The query comes last, so nothing can run into it.
fn binding(query: &Query, range: TimeRange, order: Order) -> [u8; BINDING_BYTES] {
    let end = |time: Option<Timestamp>| time.map_or("*".to_owned(), |time| time.micros().to_string());
    digest(format!("{} {} {} {query}", order.name(), end(range.from), end(range.to)).as_bytes())
}

/// The first bytes of the SHA-256.
fn digest<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    first.iter_mut().zip(Sha256::digest(bytes)).for_each(|(to, from)| *to = from);
    first
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> CursorToken {
        let cursor = Cursor { time: Timestamp::from_micros(5), id: Key(7) };
        CursorToken::new(cursor, Timestamp::from_micros(9), &Query::All, TimeRange::default(), Order::Desc)
    }

    #[test]
    fn a_cursor_fits_its_own_question_only() {
        let token = CursorToken::parse(&token().to_string()).unwrap();
        let range = TimeRange::default();
        assert_eq!(token.check(&Query::All, range, Order::Desc), Ok(()));
        let other_range = TimeRange { from: None, to: Some(Timestamp::from_micros(1)) };
        let swapped = TimeRange { from: Some(Timestamp::from_micros(1)), to: None };
        assert_eq!(token.check(&Query::All.negated(), range, Order::Desc), Err(CursorError::Mismatch));
        assert_eq!(token.check(&Query::All, range, Order::Asc), Err(CursorError::Mismatch));
        assert_eq!(token.check(&Query::All, other_range, Order::Desc), Err(CursorError::Mismatch));
        assert_eq!(token.check(&Query::All, swapped, Order::Desc), Err(CursorError::Mismatch));
    }

    #[test]
    fn a_damaged_cursor_is_refused() {
        fn check(text: &str) {
            assert_eq!(CursorToken::parse(text), Err(CursorError::Damaged), "{text}");
        }
        let whole = token().to_string();
        check("");
        check("next");
        check(whole.get(1..).unwrap());
        check(whole.get(..whole.len() - 1).unwrap());
        check(&format!("{whole}A"));
        check(&format!("{whole}="));
        for (at, _) in whole.char_indices() {
            for other in ["A", "b", "_", "=", "é"] {
                let mut changed = whole.clone();
                changed.replace_range(at..=at, other);
                if changed != whole {
                    check(&changed);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn tokens_read_back_and_need_no_escaping(
            time in Timestamp::MIN.micros()..=Timestamp::MAX.micros(), id in any::<u128>(), now in any::<i64>(),
        ) {
            let cursor = Cursor { time: Timestamp::from_micros(time), id: Key(id) };
            let now = Timestamp::from_micros(now);
            let token = CursorToken::new(cursor, now, &Query::All, TimeRange::default(), Order::Asc);
            let text = token.to_string();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(CursorToken::parse(&text), Ok(token));
        }

        #[test]
        fn any_other_text_is_refused(text in any::<String>()) {
            prop_assert_eq!(CursorToken::parse(&text), Err(CursorError::Damaged));
        }
    }
}
