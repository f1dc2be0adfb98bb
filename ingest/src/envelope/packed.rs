//! Payloads in base64, compressed or not.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use taffrail_event::json;

use super::object::Object;
use super::{Around, Opener, Recipient};
use crate::redact::from_base64;

const GZIP: &[u8] = &[0x1f, 0x8b];

/// What a payload may expand to, relative to its compressed size; batches of events compress by 10 to 30.
const MAX_RATIO: usize = 250;

/// What any payload may expand to.
const FREE_BYTES: usize = 1 << 20;

const STEP: u64 = 256 << 10;

impl<R: Recipient> Opener<'_, R> {
    /// A Pub/Sub message: `{"message": {"data": ...}}` as it is pushed, `{"data": ..., "messageId": ...}` as it is pulled. And
    /// the record of a Firehose, which is only `data`. What is not in base64, or holds no JSON, is none.
    pub(super) fn pub_sub(&mut self, object: &Object<'_>, around: &Around) -> Result<bool, R::Error> {
        let message = object.object("message");
        let message = message.as_ref().filter(|message| message.has("data")).unwrap_or(object);
        let Some([b'"', data @ .., b'"']) = message.get("data") else { return Ok(false) };
        if !begins_like_a_payload(data) {
            return Ok(false);
        }
        self.unpack(data, &around.within("a message of Pub/Sub or Firehose"))?;
        Ok(true)
    }

    /// Opens `data`, the content of a JSON string in base64.
    pub(super) fn unpack(&mut self, data: &[u8], around: &Around) -> Result<(), R::Error> {
        if around.is_unpacked {
            return self.broken(data, around, "encoded data in encoded data");
        }
        let around = Around { is_unpacked: true, ..around.clone() };
        self.recipient.hold(self.held + data.len())?;
        let Some(decoded) = decode(data) else {
            return self.broken(data, &around, "data that is not base64");
        };
        if !decoded.starts_with(GZIP) {
            return self.holding(&decoded, |opener| opener.payload(&decoded, &around));
        }
        let limit = self.limit.min(FREE_BYTES.max(decoded.len().saturating_mul(MAX_RATIO)));
        let mut expanded = Vec::new();
        let mut decoder = MultiGzDecoder::new(decoded.as_slice());
        loop {
            self.recipient.hold(self.held + decoded.len() + expanded.len() + (STEP as usize))?;
            match decoder.by_ref().take(STEP).read_to_end(&mut expanded) {
                Ok(0) => break,
                Ok(_) if expanded.len() > limit => {
                    let reason = format_args!("compressed data that expands to more than {limit} bytes");
                    return self.broken(data, &around, reason);
                }
                Ok(_) => {}
                // What came before the corrupt place is good as far as it goes, and the letter says what is missing.
                Err(error) => {
                    self.broken(data, &around, format_args!("corrupt compressed data: {error}"))?;
                    break;
                }
            }
        }
        drop(decoded);
        self.holding(&expanded, |opener| opener.payload(&expanded, &around))
    }
}

/// JSON writers may escape the slash.
fn decode(data: &[u8]) -> Option<Vec<u8>> {
    from_base64(&json::unescape(data))
}

/// Whether the beginning of `data` is JSON or compressed. The rest need not be decoded to know.
fn begins_like_a_payload(data: &[u8]) -> bool {
    let start = json::unescape(&data[..data.len().min(64)]);
    let whole = start.len() / 4 * 4;
    from_base64(&start[..whole]).is_some_and(|start| {
        start.starts_with(GZIP) || matches!(start.trim_ascii_start().first(), Some(b'{' | b'['))
    })
}
