use std::io::{Cursor, Read};

use flate2::read::GzDecoder;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;

/// What came out: items as they are, cut ones after `cut `, junk after `!`.
fn split(input: impl Read, limit: u64) -> Vec<String> {
    let mut splitter = Splitter::new(input, limit);
    let mut found = Vec::new();
    while let Some(piece) = splitter.next_piece().unwrap() {
        found.push(match piece {
            Piece::Item { bytes, cut: false } => String::from_utf8_lossy(bytes).into_owned(),
            Piece::Item { bytes, cut: true } => format!("cut {}", String::from_utf8_lossy(bytes)),
            Piece::Junk(junk) => format!("!{}", String::from_utf8_lossy(&junk.excerpt)),
        });
    }
    found
}

fn items(input: impl Read) -> Vec<Vec<u8>> {
    let mut splitter = Splitter::new(input, 64 << 20);
    let mut found = Vec::new();
    while let Some(piece) = splitter.next_piece().unwrap() {
        match piece {
            Piece::Item { bytes, cut: false } => found.push(bytes.to_vec()),
            other => panic!("{other:?}"),
        }
    }
    found
}

/// Gives `sizes` bytes at a time, over and over.
struct Trickle<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    turn: usize,
}

impl<'a> Trickle<'a> {
    fn new(bytes: &'a [u8], sizes: Vec<usize>) -> Self {
        Self { bytes, sizes, turn: 0 }
    }
}

impl Read for Trickle<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes.get(self.turn % self.sizes.len().max(1)).copied().unwrap_or(1);
        self.turn += 1;
        let count = size.max(1).min(buf.len()).min(self.bytes.len());
        buf[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/../samples/audit/{name}.gz", env!("CARGO_MANIFEST_DIR"));
    let mut bytes = Vec::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn every_form_is_recognised() {
    fn check(input: &str, expected: &[&str]) {
        assert_eq!(split(input.as_bytes(), 1 << 20), expected, "{input}");
    }
    check("", &[]);
    check(" \n\t\r\n", &[]);
    check("\u{feff}{\"a\":1}", &[r#"{"a":1}"#]);
    check(r#"{"a":1}"#, &[r#"{"a":1}"#]);
    check("{\"a\":1}\r\n{\"b\":2}\n\n", &[r#"{"a":1}"#, r#"{"b":2}"#]);
    check(r#"{"a":1}{"b":2}"#, &[r#"{"a":1}"#, r#"{"b":2}"#]);
    check(r#"[{"a":1}, {"b":[{}]}]"#, &[r#"{"a":1}"#, r#"{"b":[{}]}"#]);
    check("[]", &[]);
    let list = r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[{"a":1},{"b":2}]}"#;
    check(list, &[r#"{"a":1}"#, r#"{"b":2}"#]);
    check(&format!("{list}\n{list}"), &[r#"{"a":1}"#, r#"{"b":2}"#, r#"{"a":1}"#, r#"{"b":2}"#]);
    check(&format!("[{list},{{\"c\":3}}]"), &[r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#]);
    check(r#"{"items":[{"a":1}],"metadata":{"x":[1]},"kind":"EventList"}"#, &[r#"{"a":1}"#]);
    check("{ \"kind\" : \"EventList\",\n \"items\" : [\n {\"a\":1}\n ,\n {\"b\":2} ]\n}\n", &[
        r#"{"a":1}"#,
        r#"{"b":2}"#,
    ]);
}

#[test]
fn t7_empty_lists_hold_nothing() {
    fn check(input: &str) {
        assert_eq!(split(input.as_bytes(), 1 << 20), [""; 0], "{input}");
    }
    check(r#"{"kind":"EventList","items":[]}"#);
    check(r#"{"kind":"EventList","items":null}"#);
    check(r#"{"items":null,"kind":"EventList"}"#);
    check(r#"{"items":null}"#);
    check(r#"{"kind":"EventList","metadata":{}}"#);
}

#[test]
fn an_event_with_items_is_an_event() {
    fn check(input: &str) {
        assert_eq!(split(input.as_bytes(), 1 << 20), [input], "{input}");
    }
    check(r#"{"auditID":"x","items":[{"a":1}]}"#);
    check(r#"{"auditID":"x","items":null}"#);
    check(r#"{"a":{"items":[{"b":1}]}}"#);
    check(r#"{"kind":"EventList","items":{"a":1}}"#);
    check(r#"{"items":7,"kind":"EventList"}"#);
}

#[test]
fn t16_what_is_not_json_goes_line_by_line() {
    fn check(input: &str, expected: &[&str]) {
        assert_eq!(split(input.as_bytes(), 1 << 20), expected, "{input}");
    }
    check("hello", &["!hello"]);
    check("hello\n{\"a\":1}\nI1123 klog\n", &["!hello\n", r#"{"a":1}"#, "!I1123 klog\n"]);
    check("<html>{}</html>", &["!<html>{}</html>"]);
    check("\0\0\0{\"a\":1}\n{\"b\":1}", &["!\0\0\0{\"a\":1}\n", r#"{"b":1}"#]);
    check("{\"a\":\n{\"b\":1}\n", &["!{\"a\":\n", r#"{"b":1}"#]);
    check("{\"a\":\"b\n{\"c\":1}\n", &["!{\"a\":\"b\n", r#"{"c":1}"#]);
    check("{\"a\":1\n{\"c\":1}\n", &["!{\"a\":1\n", r#"{"c":1}"#]);
    check("{\"a\":[1\n{\"b\":1}\n{\"c\":1}\n", &["!{\"a\":[1\n", r#"{"b":1}"#, r#"{"c":1}"#]);
    check("{\"a\":nope}\n{\"c\":1}\n", &["!{\"a\":nope}", r#"{"c":1}"#]);
    check("{\"a\":1}}\n{\"c\":1}\n", &[r#"{"a":1}"#, "!}\n", r#"{"c":1}"#]);
}

#[test]
fn t15_a_broken_item_does_not_harm_its_neighbours() {
    fn check(broken: &str, expected: &[&str]) {
        let input = format!(r#"{{"items":[{{"a":1}},{broken},{{"z":1}}]}}"#);
        let mut all = vec![r#"{"a":1}"#];
        all.extend(expected);
        all.push(r#"{"z":1}"#);
        assert_eq!(split(input.as_bytes(), 1 << 20), all, "{broken}");
    }
    check(r#"{"b":}"#, &[r#"!{"b":}"#]);
    check(r#"{"b":1 "c":2}"#, &[r#"!{"b":1 "c":2}"#]);
    check(r#"{"b":{"c":1}"#, &[r#"!{"b":{"c":1},"#]);
    check(r#"{"b":[1,2}"#, &[r#"!{"b":[1,2}"#]);
    check(r#"{"b":1}}"#, &[r#"{"b":1}"#, "!}"]);
    check(r#"{"b":undefined}"#, &[r#"!{"b":undefined}"#]);
    check("garbage", &["!garbage"]);
    check(":", &["!:"]);
    check(r#""text",7,[{}],null"#, &[r#""text""#, "7", "[{}]", "null"]);
    check(r#"{"b":1}{"c":1}"#, &[r#"{"b":1}"#, r#"{"c":1}"#]);

    let closes_the_list = r#"{"items":[{"a":1},{"b":1]},{"z":1}]}"#;
    let expected = [r#"{"a":1}"#, r#"!{"b":1"#, r#"{"z":1}"#, "!]}"];
    assert_eq!(split(closes_the_list.as_bytes(), 1 << 20), expected);
}

const EVENT: &str = r#"{"level":"RequestResponse","auditID":"0","stage":"ResponseComplete","requestObject":{"a":[1,"x\"y\\",{}]},"annotations":{"k":"v"}}"#;

fn event(id: usize) -> String {
    EVENT.replace(r#""auditID":"0""#, &format!(r#""auditID":"{id}""#))
}

fn list(items: &[String]) -> String {
    format!(r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{}]}}"#, items.join(","))
}

#[test]
fn t15_no_missing_byte_of_an_event_harms_its_neighbours() {
    fn check(input: &[u8], expected: &[String]) {
        let found = split(input, 1 << 20);
        for event in expected {
            assert_eq!(found.iter().filter(|found| *found == event).count(), 1, "{event} of {found:#?}");
        }
    }
    let others = [event(1), event(2), event(4), event(5)];
    for missing in 0..EVENT.len() {
        let mut broken = event(3).into_bytes();
        broken.remove(missing);
        for separator in [",", "\n"] {
            let mut input = format!("{}{separator}", others[..2].join(separator)).into_bytes();
            input.extend_from_slice(&broken);
            input.extend_from_slice(format!("{separator}{}", others[2..].join(separator)).as_bytes());
            if separator == "," {
                input = [br#"{"kind":"EventList","items":["#, input.as_slice(), b"]}\n"].concat();
            }
            check(&input, &others);
        }
    }
}

#[test]
fn t17_whatever_came_before_a_cut_is_kept() {
    let input = list(&[event(1), event(2), event(3)]);
    let ends: Vec<_> = (1..=3).map(|id| input.find(&event(id)).unwrap() + event(id).len()).collect();
    for cut in 0..input.len() {
        let found = split(&input.as_bytes()[..cut], 1 << 20);
        let whole = ends.iter().filter(|end| **end <= cut).count();
        let items = found.iter().take_while(|found| !found.starts_with('!')).count();
        assert_eq!(items, whole, "cut at {cut}: {found:?}");
        // Behind the bracket of the items nothing is missing.
        let is_missing = cut > 0 && cut <= ends[2];
        assert_eq!(found.len() - items, usize::from(is_missing), "cut at {cut}: {found:?}");
    }
}
