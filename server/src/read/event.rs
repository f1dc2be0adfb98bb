//! One event with its record.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use taffrail_event::flow::raw_of;
use taffrail_query::{Found, Hit, Search};

use super::because::causes;
use super::body::EventBody;
use super::coverage::Coverage;
use super::error::ReadError;

/// Digits that an id must have at least: fewer would mean a scan.
pub(crate) const MIN_ID_DIGITS: usize = 8;

const ID_DIGITS: usize = 32;

/// The event whose id begins with these digits, with its record.
pub(crate) fn event(search: &dyn Search, prefix: &str, coverage: Coverage) -> Result<EventBody, ReadError> {
    let hit = one(search, prefix)?;
    let because = causes(search, &hit)?;
    // What stands before a flow's record is ours.
    let record = if hit.event.flow.is_some() { raw_of(&hit.record).to_vec() } else { hit.record };
    let (raw, raw_base64) = match String::from_utf8(record) {
        Ok(text) => (Some(text), None),
        Err(error) => (None, Some(STANDARD.encode(error.as_bytes()))),
    };
    Ok(EventBody { event: hit.event, raw, raw_base64, because, coverage })
}

/// The event whose id begins with these digits.
pub(super) fn one(search: &dyn Search, prefix: &str) -> Result<Hit, ReadError> {
    let is_hex = prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || !(MIN_ID_DIGITS..=ID_DIGITS).contains(&prefix.len()) {
        return Err(ReadError::Parameter(format!(
            "an id has {ID_DIGITS} hex digits, of which the first {MIN_ID_DIGITS} or more may be given"
        )));
    }
    let prefix = prefix.to_ascii_lowercase();
    match search.find(&prefix)? {
        Found::None => Err(ReadError::NotFound(prefix)),
        Found::Many(ids) => Err(ReadError::Ambiguous { prefix, ids }),
        Found::One(hit) => Ok(*hit),
    }
}
