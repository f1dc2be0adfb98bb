use std::cell::Cell;
use std::io::Read;

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
    let list =
        r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[{"a":1},{"b":2}]}"#;
    check(list, &[r#"{"a":1}"#, r#"{"b":2}"#]);
    check(&format!("{list}\n{list}"), &[r#"{"a":1}"#, r#"{"b":2}"#, r#"{"a":1}"#, r#"{"b":2}"#]);
    check(&format!("[{list},{{\"c\":3}}]"), &[r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#]);
    check(r#"{"items":[{"a":1}],"metadata":{"x":[1]},"kind":"EventList"}"#, &[r#"{"a":1}"#]);
    check(
        "{ \"kind\" : \"EventList\",\n \"items\" : [\n {\"a\":1}\n ,\n {\"b\":2} ]\n}\n",
        &[r#"{"a":1}"#, r#"{"b":2}"#],
    );
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
fn t16_what_is_not_json_goes_up_to_the_next_bracket() {
    fn check(input: &str, expected: &[&str]) {
        assert_eq!(split(input.as_bytes(), 1 << 20), expected, "{input}");
    }
    check("hello", &["!hello"]);
    check("hello\n{\"a\":1}\nI1123 klog\n", &["!hello\n", r#"{"a":1}"#, "!I1123 klog\n"]);
    check("one\ntwo\n\nthree\n{\"a\":1}\nfour", &["!one\ntwo\n\nthree\n", r#"{"a":1}"#, "!four"]);
    check("one\n , \t{\"a\":1}\n", &["!one\n", r#"{"a":1}"#]);
    check(&format!("one\n{}{{\"a\":1}}\n", " ".repeat(100)), &["!one\n", r#"{"a":1}"#]);
    check("one\n}\n[{\"a\":1}]\n", &["!one\n}\n", r#"{"a":1}"#]);
    check("<html>{}</html>", &["!<html>{}</html>"]);
    check("\0\0\0{\"a\":1}\n{\"b\":1}", &["!\0\0\0{\"a\":1}\n", r#"{"b":1}"#]);
    check("{\"a\":\n{\"b\":1}\n", &["!{\"a\":\n", r#"{"b":1}"#]);
    check("{\"a\":\"b\n{\"c\":1}\n", &["!{\"a\":\"b\n", r#"{"c":1}"#]);
    check("{\"a\":\"b\\\n{\"c\":1}\n", &["!{\"a\":\"b\\\n", r#"{"c":1}"#]);
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
    format!(
        r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{}]}}"#,
        items.join(",")
    )
}

#[test]
fn an_event_behind_the_cut_rest_of_a_list_is_found() {
    fn check(rest: &str) {
        let input = format!("{{\"items\":[{}]{rest}\n{}\n", event(1), event(2));
        for sizes in [vec![1 << 20], vec![1], vec![70, 3]] {
            let found = split(Trickle::new(input.as_bytes(), sizes), 1 << 20);
            assert_eq!(found, [event(1), event(2)], "{rest}");
        }
    }
    check("");
    check(",\"metadata\":");
    check(",\"metadata\":{\"a\":[\n");
    check(&format!(",\"metadata\":{{\"a\":\"{}\",\"b\":", "x".repeat(100_000)));
    check(",\"metadata\":{\"a\":\"x");
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

/// An event whose body has about `size` bytes, with `rest` after the body.
fn large(size: usize, rest: &str) -> String {
    format!(r#"{{"auditID":"L","requestObject":{{"a":"{}"}}{rest}}}"#, "x".repeat(size))
}

#[test]
fn an_item_over_the_limit_loses_its_bodies() {
    fn check(item: &str, expected: &str) {
        for sizes in [vec![1 << 20], vec![1000, 1, 7]] {
            let all = format!(r#"[{{"a":1}},{item},{{"z":1}}]"#);
            let found = split(Trickle::new(all.as_bytes(), sizes), 100_000);
            assert_eq!(found, [r#"{"a":1}"#, expected, r#"{"z":1}"#]);
        }
    }
    let z = "z".repeat(60_000);
    let null = r#"cut {"auditID":"L","requestObject":null"#;
    check(&large(99_000, ""), &large(99_000, ""));
    check(&large(100_000, ""), &format!("{null}}}"));
    check(&large(900_000, ""), &format!("{null}}}"));
    check(
        &large(900_000, r#","responseObject":[1,[2]],"x":"y""#),
        &format!(r#"{null},"responseObject":null,"x":"y"}}"#),
    );
    check(
        &large(60_000, &format!(r#","responseObject":"{z}""#)),
        &format!(r#"{null},"responseObject":null}}"#),
    );
    check(&large(900_000, &format!(r#","x":"{z}""#)), &format!(r#"{null},"x":"{z}"}}"#));
    check(
        &format!(r#"{{"x":1,"responseObject":[{}1]}}"#, "[{},1.5],".repeat(200_000)),
        r#"cut {"x":1,"responseObject":null}"#,
    );
    // A body of four bytes or less is not worth it.
    check(
        &format!(r#"{{"requestObject":[1],"responseObject":"{z}{z}"}}"#),
        r#"cut {"requestObject":[1],"responseObject":null}"#,
    );
    check(
        &format!(r#"{{"requestObject":{},"x":2}}"#, "1".repeat(200_000)),
        r#"cut {"requestObject":null,"x":2}"#,
    );
    let key = format!(r#"{{"requestObject":{{"{z}{z}":1}}}}"#);
    check(&key, r#"cut {"requestObject":null}"#);
}

#[test]
fn an_item_over_the_limit_without_bodies_is_junk() {
    fn check(item: &str, reason: JunkReason) {
        let all = format!(r#"[{{"a":1}},{item},{{"z":1}}]"#);
        for sizes in [vec![1 << 20], vec![1000, 1, 7]] {
            let mut splitter = Splitter::new(Trickle::new(all.as_bytes(), sizes), 100_000);
            let mut pieces = Vec::new();
            while let Some(piece) = splitter.next_piece().unwrap() {
                pieces.push(match piece {
                    Piece::Item { bytes, .. } => Err(String::from_utf8_lossy(bytes).into_owned()),
                    Piece::Junk(junk) => Ok(junk),
                });
            }
            let [Err(first), Ok(junk), Err(last)] = &pieces[..] else { panic!("{pieces:?}") };
            assert_eq!((first.as_str(), last.as_str()), (r#"{"a":1}"#, r#"{"z":1}"#));
            assert_eq!((junk.reason, junk.size), (reason, item.len() as u64));
            assert_eq!(junk.sha256, <[u8; 32]>::from(Sha256::digest(item)));
            assert_eq!(junk.excerpt, &item.as_bytes()[..68 << 10]);
        }
    }
    let z = "z".repeat(300_000);
    check(&format!(r#"{{"x":"{z}"}}"#), JunkReason::TooLarge { limit: 100_000 });
    check(&large(300_000, &format!(r#","x":"{z}""#)), JunkReason::TooLarge { limit: 100_000 });
    let at = large(300_000, "").len() as u64 - 1;
    check(&large(300_000, " oops"), JunkReason::Malformed { at: at + 1 });
}

#[test]
fn t17_a_cut_in_an_item_over_the_limit_is_one() {
    let item = large(300_000, "");
    let mut splitter = Splitter::new(&item.as_bytes()[..250_000], 100_000);
    let Some(Piece::Junk(junk)) = splitter.next_piece().unwrap() else { panic!("no junk") };
    assert_eq!((junk.reason, junk.size), (JunkReason::Truncated, 250_000));
    assert_eq!(splitter.next_piece().unwrap(), None);
}

/// Remembers the most that was held.
struct Watch<'a>(&'a Cell<usize>);

impl Room for Watch<'_> {
    fn hold(&mut self, bytes: usize) -> bool {
        self.0.set(self.0.get().max(bytes));
        true
    }
}

/// A list of `count` events, made as it is read.
struct Made {
    count: usize,
    padding: usize,
    at: usize,
    ready: std::io::Cursor<Vec<u8>>,
}

impl Read for Made {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.ready.read(buf)?;
        if count > 0 || self.at > self.count {
            return Ok(count);
        }
        let next = match self.at {
            0 => r#"{"kind":"EventList","items":["#.to_owned(),
            at => format!("{}{}", large(self.padding, ""), if at == self.count { "]}" } else { "," }),
        };
        self.at += 1;
        self.ready = std::io::Cursor::new(next.into_bytes());
        self.ready.read(buf)
    }
}

#[test]
fn t9_t10_t12_large_bodies_are_split_in_little_memory() {
    fn check(count: usize, padding: usize, limit: u64, expected_peak: usize) {
        let peak = Cell::new(0);
        let made = Made { count, padding, at: 0, ready: std::io::Cursor::default() };
        let mut splitter = Splitter::with_room(made, limit, Watch(&peak));
        let mut found = 0;
        while let Some(piece) = splitter.next_piece().unwrap() {
            assert!(matches!(piece, Piece::Item { cut: false, .. }));
            found += 1;
        }
        assert_eq!(found, count);
        assert!(peak.get() <= expected_peak, "{} for {count} x {padding}", peak.get());
    }
    const MIB: usize = 1 << 20;
    check(400, 1_000, 64 << 20, MIB / 2);
    check(400, 100 << 10, 64 << 20, MIB / 2);
    check(240, 900_000, 64 << 20, 5 * MIB / 2);
    check(1, 20 * MIB, 64 << 20, 41 * MIB);
}

#[test]
fn memory_stays_near_the_limit_however_large_an_item_is() {
    let peak = Cell::new(0);
    let made = Made { count: 3, padding: 20 << 20, at: 0, ready: std::io::Cursor::default() };
    let mut splitter = Splitter::with_room(made, 1 << 20, Watch(&peak));
    let mut cut = 0;
    while let Some(piece) = splitter.next_piece().unwrap() {
        cut += u64::from(matches!(piece, Piece::Item { cut: true, .. }));
    }
    assert_eq!(cut, 3);
    assert!(peak.get() <= 3 << 20, "{}", peak.get());
}

#[test]
fn no_input_takes_more_than_linear_time() {
    fn check(name: &str, input: &[u8]) {
        let started = std::time::Instant::now();
        let mut splitter = Splitter::new(input, 64 << 20);
        while splitter.next_piece().unwrap().is_some() {}
        assert!(started.elapsed().as_secs() < 8, "{name} took {:?}", started.elapsed());
    }
    let size = 4 << 20;
    let repeat = |part: &str| part.repeat(size / part.len()).into_bytes();
    check("open brackets", &repeat("["));
    check("open lines", &repeat("[\n"));
    check("open objects", &repeat(r#"{"a":"#));
    check("items in items", &repeat(r#"{"level":"Request","auditID":"#));
    check("lists in lists", &repeat(r#"{"items":["#));
    check("quotes", &repeat("\""));
    check("backslashes in a string", &[b"{\"a\":\"", repeat("\\").as_slice()].concat());
    check("closers", &repeat("}]"));
    check("commas", &repeat(","));
    check("white space", &repeat(" "));
    check("a number", &[b"[", repeat("1").as_slice()].concat());
    check("broken items", &[b"[", repeat(r#"{"a":1 "b"},"#).as_slice()].concat());
    check(
        "swallowed items",
        &[b"[", repeat("{\"level\":\"Request\",\"auditID\":\"x\",\"a\":[1,").as_slice()].concat(),
    );
}

fn item() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i32>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("JSON has no such number", |n| n.is_finite()).prop_map(|n| format!("{n:e}")),
        "[ -~]{0,20}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let value = leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5)
                .prop_map(|values| format!("[{}]", values.join(","))),
            proptest::collection::vec(("[a-z\\\\\"]{0,6}", inner), 0..5).prop_map(|members| object(&members)),
        ]
    });
    proptest::collection::vec(("[a-z]{1,6}", value), 0..6)
        .prop_map(|members| object(&members))
        .prop_filter("a list is not an item", |item| !item.contains(r#""items""#))
        .prop_map(String::into_bytes)
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| format!("{}:{value}", serde_json::to_string(key).unwrap()))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// Puts the same items into one of the forms.
fn wrap(items: &[Vec<u8>], form: u8, space: &str) -> Vec<u8> {
    let spaced = |separator: &str| -> Vec<u8> {
        let separator = format!("{space}{separator}{space}");
        items.join(separator.as_bytes())
    };
    let list = |before: &str, after: &str| {
        let open = format!("{space}{{{space}{before}\"items\"{space}:{space}[{space}");
        [open.as_bytes(), &spaced(","), format!("]{after}{space}}}").as_bytes()].concat()
    };
    match form {
        0 => list(r#""kind":"EventList","metadata":{"x":["items"]},"#, ""),
        1 => list("", r#","metadata":{},"kind":"EventList""#),
        2 => [b"[".as_slice(), &spaced(","), b"]"].concat(),
        3 => spaced("\n"),
        4 => spaced(""),
        5 => [list("", ""), b"\n".to_vec(), list(r#""kind":"EventList","#, "")].concat(),
        _ => [b"[".to_vec(), list("", ""), b",".to_vec(), list("", ""), b"]".to_vec()].concat(),
    }
}

proptest! {
    #[test]
    fn items_come_out_as_they_went_in(
        all in proptest::collection::vec(item(), 0..8),
        form in 0_u8..7,
        space in "[ \t\r\n]{0,3}",
        sizes in proptest::collection::vec(1_usize..200, 1..5),
    ) {
        let wrapped = wrap(&all, form, &space);
        let expected = if form < 5 { all } else { [all.clone(), all].concat() };
        prop_assert_eq!(&items(wrapped.as_slice()), &expected);
        prop_assert_eq!(&items(Trickle::new(&wrapped, sizes)), &expected);
    }

    #[test]
    fn the_checker_agrees_with_the_tokenizer_however_bytes_arrive(item in item(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6), flip in any::<(prop::sample::Index, u8)>(), flips: bool) {
        let mut item = item;
        if flips {
            let at = flip.0.index(item.len());
            item[at] = flip.1;
        }
        let whole = Checker::new(false).run(&item, 0, 0, true);
        let mut checker = Checker::new(false);
        let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(item.len() + 1)).collect();
        ends.sort_unstable();
        let mut pos = 0;
        let mut outcome = Outcome::More(0);
        for end in ends.into_iter().chain([item.len()]) {
            outcome = checker.run(&item[..end], pos, 0, end == item.len());
            match outcome {
                Outcome::More(at) => pos = at,
                _ => break,
            }
        }
        prop_assert_eq!(outcome, whole);
        if whole == Outcome::Done(item.len()) {
            prop_assert!(taffrail_event::json::is_well_formed(&item));
        }
    }

    #[test]
    fn garbage_never_panics_and_nothing_is_lost(
        garbage in "(\\{|\\}|\\[|\\]|,|:|\"|\\\\|\n| |1|a|\\{\"items\":\\[|\\{\"level\":\"Request\",\"auditID\":\"){0,60}",
        limit in prop_oneof![Just(1_u64 << 20), 64_u64..80],
        sizes in proptest::collection::vec(1_usize..50, 1..4),
    ) {
        let whole = split(garbage.as_bytes(), limit);
        prop_assert_eq!(split(Trickle::new(garbage.as_bytes(), sizes), limit), whole);
    }

    #[test]
    fn an_event_on_a_line_of_its_own_is_found_behind_anything(
        junk in prop_oneof![
            "(\\{|\\}|\\[|\\]|,|:|\"|\\\\|\n| |1|a|tru|\\{\"items\":\\[|\\],\"x\":|\\{\"level\":\"Request\",\"auditID\":\"){0,60}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..300),
        ],
        sizes in proptest::collection::vec(1_usize..50, 1..4),
        more in 0_usize..3,
    ) {
        let mut input = junk;
        input.push(b'\n');
        input.extend_from_slice(event(7).as_bytes());
        input.push(b'\n');
        (0..more).for_each(|id| input.extend_from_slice(format!("{}\n", event(id)).as_bytes()));
        let found = split(Trickle::new(&input, sizes), 1 << 20);
        for event in (0..more).map(event).chain([event(7)]) {
            prop_assert_eq!(found.iter().filter(|found| **found == event).count(), 1, "{}: {:#?}", event, found);
        }
    }

    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), limit in 0_u64..400) {
        let mut splitter = Splitter::new(bytes.as_slice(), limit);
        let mut handed_out = 0;
        while let Some(piece) = splitter.next_piece().unwrap() {
            handed_out += match piece {
                Piece::Item { bytes, .. } => bytes.len() as u64,
                Piece::Junk(junk) => junk.size,
            };
        }
        prop_assert!(handed_out <= bytes.len() as u64 + 8 * bytes.len() as u64);
    }
}

#[test]
fn t8_t14_recorded_bodies_split_as_serde_reads_them() {
    for name in ["webhook/000001.json", "webhook-truncated/000001.json"] {
        let body = sample(name);
        let list: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let expected: Vec<_> = list["items"].as_array().unwrap().iter().map(ToString::to_string).collect();
        let found = items(Trickle::new(&body, vec![5000, 1, 33]));
        let found: Vec<_> = found
            .iter()
            .map(|item| serde_json::from_slice::<serde_json::Value>(item).unwrap().to_string())
            .collect();
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(items(sample("webhook-adversarial.json").as_slice()).len(), 19);
    let lines = sample("adversarial-inputs.jsonl");
    let expected: Vec<_> = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    assert_eq!(items(lines.as_slice()), expected);
}
