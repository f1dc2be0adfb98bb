//! Diagnostic records of AKS, as Event Hubs and storage accounts have them.
//!
//! `properties.log` is the event, as a string or an object. Which records are about audit is told by what they hold and not
//! by `category`: full audit logs were seen under the wrong one (Azure/AKS #4750). `resourceId` names a cluster, but not
//! in a way that anyone could trust.

use std::borrow::Cow;

use taffrail_event::json;

use super::object::Object;
use super::{Around, Opener, Recipient};

impl<R: Recipient> Opener<'_, R> {
    /// One diagnostic record, of AKS or of any other service of Azure.
    pub(super) fn aks(&mut self, record: &Object<'_>, around: &Around) -> Result<bool, R::Error> {
        let is_diagnostic =
            ["category", "Category", "operationName", "resourceId"].iter().any(|key| record.has(key));
        let Some(properties) = record.get("properties").filter(|_| is_diagnostic) else { return Ok(false) };
        // Some exports make a string of it, which may be cut: then the log, which is nearly all of it, has no end.
        let properties = match properties {
            [b'"', content @ .., b'"'] => match json::unescape(content) {
                whole if Object::of(&whole).has("log") => whole,
                cut => Cow::Owned(closed(&cut)),
            },
            object => Cow::Borrowed(object),
        };
        let properties = Object::of(&properties);
        let Some(log) = properties.get("log") else {
            self.recipient.skipped();
            return Ok(true);
        };
        let around = Around {
            time: record.time("time").or(around.time),
            api_server: properties.text("pod").map(Cow::into_owned).or_else(|| around.api_server.clone()),
            ..around.within("a diagnostic record of AKS")
        };
        self.content(log, &around)?;
        Ok(true)
    }
}

/// A cut object, its last string closed. Half an escape at its end is left out.
fn closed(cut: &[u8]) -> Vec<u8> {
    /// As long as the longest escape, `\u0000`.
    const ESCAPE: usize = 6;
    let tail = cut.len().saturating_sub(ESCAPE);
    let end = cut[tail..].iter().position(|byte| *byte == b'\\').map_or(cut.len(), |at| tail + at);
    let slashes = cut[..end].iter().rev().take_while(|byte| **byte == b'\\').count();
    [&cut[..end - slashes], b"\"}"].concat()
}
