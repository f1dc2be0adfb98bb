//! One flow record: nothing in it is a body, and few of its members can hold a secret.
//!
//! Arguments of processes and headers of requests are replaced whole, each by itself; in every other text of JSON, and in lines
//! of text, what looks like a secret is.

use std::ops::Range;

use taffrail_event::json::{self, Members};

use super::Redactor;
use super::edit::{Edits, write_escaped};
use super::hash::Encoding;
use super::pattern::Reading;

/// What Calico writes behind the name of such a member where it knows nothing: there is nothing to hide.
const EMPTY: [&[u8]; 4] = [b"\":[\"-\"]", b"\":null", b"\":[]", b"\":\"-\""];

/// Members of which no text stays: command lines and headers, wherever they stand.
const SECRET: [&str; 4] = ["process_args", "headers", "cookies", "authorization"];
/// Flow records are flat; what is deeper is replaced whole.
const MAX_DEPTH: usize = 32;

/// Appends the redacted `record` to `out`.
pub(super) fn redact(redactor: &Redactor, record: &[u8], out: &mut Vec<u8>) {
    if !record.starts_with(b"{") {
        match redactor.patterns.mask(record, Reading::default(), None, &redactor.hash) {
            Some(masked) => out.extend_from_slice(&masked),
            None => out.extend_from_slice(record),
        }
        return;
    }
    let mut pass = Pass { redactor, record, edits: Edits::default() };
    if pass.may_hold_secrets() {
        pass.value(0..record.len(), false, 0);
    }
    pass.edits.apply(record, &redactor.hash, out);
}

struct Pass<'p> {
    redactor: &'p Redactor,
    record: &'p [u8],
    edits: Edits,
}

impl Pass<'_> {
    /// Errs on the side of yes: escapes may hide what is looked for.
    fn may_hold_secrets(&self) -> bool {
        let has = |key: &str| {
            memchr::memmem::find_iter(self.record, key.as_bytes()).any(|place| {
                let (before, behind) = (self.record.get(..place), self.record.get(place + key.len()..));
                // Calico counts them, too: `num_process_args`.
                before.is_some_and(|before| before.ends_with(b"\""))
                    && behind.is_some_and(|behind| !EMPTY.iter().any(|empty| behind.starts_with(empty)))
            })
        };
        memchr::memchr(b'\\', self.record).is_some()
            || SECRET.into_iter().any(has)
            || self.redactor.patterns.may_match_in(self.record)
    }

    fn value(&mut self, place: Range<usize>, is_secret: bool, depth: usize) {
        let record = self.record;
        let Some(value) = record.get(place.clone()) else { return };
        let within = |range: Range<usize>| place.start + range.start..place.start + range.end;
        match value.first() {
            Some(b'{' | b'[') if depth == MAX_DEPTH => self.edits.mask(place, false, Encoding::Plain),
            Some(b'{') => {
                for member in Members::of(value) {
                    // The name of a header tells as much as anybody needs.
                    let is_name = member.key == "key";
                    let is_secret =
                        (is_secret && !is_name) || SECRET.contains(&member.key.to_lowercase().as_str());
                    self.value(within(member.value), is_secret, depth + 1);
                }
            }
            Some(b'[') => {
                for element in json::elements(value) {
                    self.value(within(element), is_secret, depth + 1);
                }
            }
            Some(b'"') if value.len() >= 2 => self.text(place.start + 1..place.end - 1, is_secret),
            _ => {}
        }
    }

    fn text(&mut self, place: Range<usize>, is_secret: bool) {
        let Some(content) = self.record.get(place.clone()) else { return };
        if content.is_empty() || content == b"-" || content == b"*" {
            return;
        }
        if is_secret {
            self.edits.mask(place, true, Encoding::Plain);
            return;
        }
        let text = json::unescape(content);
        let redactor = self.redactor;
        if let Some(masked) = redactor.patterns.mask(&text, Reading::default(), None, &redactor.hash) {
            self.edits.replace(place, |out| write_escaped(&masked, out));
        }
    }
}

#[cfg(test)]
mod tests {
    use taffrail_config::RedactionSettings;

    use super::*;

    /// `%` stands for a hash.
    fn check(record: &str, expected: &str) {
        let redactor = Redactor::new(&RedactionSettings::default(), &[7; 32]).unwrap();
        let redacted = |record: &[u8]| {
            let mut out = Vec::new();
            redactor.redact_flow(record, &mut out);
            out
        };
        let once = redacted(record.as_bytes());
        assert_eq!(redacted(&once), once, "{record}");
        let text = String::from_utf8(once).unwrap();
        let mut parts = text.split("redacted:");
        let mut shown = parts.next().unwrap().to_owned();
        for part in parts {
            shown.push('%');
            shown.push_str(part.trim_start_matches(|digit: char| digit.is_ascii_hexdigit()));
        }
        assert_eq!(shown, expected, "{record}");
    }

    #[test]
    fn what_may_be_secret_is_replaced() {
        check(
            r#"{"process_name":"curl","process_args":["-u","a:b"]}"#,
            r#"{"process_name":"curl","process_args":["%","%"]}"#,
        );
        check(
            r#"{"l7":{"http":{"url":"http://a/?a=1","headers":[{"key":"Cookie","value":"c"}]}}}"#,
            r#"{"l7":{"http":{"url":"http://a/?a=1","headers":[{"key":"Cookie","value":"%"}]}}}"#,
        );
        check(r#"{"url":"http://bob:hunter2@a/"}"#, r#"{"url":"http://bob:%@a/"}"#);
        check(
            r#"{"@timestamp":1,"l":["a@b","c"],"url":"http://bob:hunter2@a/"}"#,
            r#"{"@timestamp":1,"l":["a@b","c"],"url":"http://bob:%@a/"}"#,
        );
        check("kernel: x: IN=cali1 OUT= password=hunter2", "kernel: x: IN=cali1 OUT= password=%");
    }

    #[test]
    fn what_tells_of_a_flow_stays() {
        for record in [
            r#"{"source_labels":{"labels":["app=attacker","quarantine=true"]},"process_args":["-"],"bytes_in":1}"#,
            "node-1 kernel: calico-packet: IN=cali1pod OUT=cali2vote MAC=d6:dc:18:fc:5b:b6:02:05:67:2a:91:a6:08:00 SRC=10.244.1.4 DST=10.244.1.3 PROTO=TCP SPT=43976 DPT=80 RES=0x00 SYN URGP=0",
        ] {
            check(record, record);
        }
    }
}
