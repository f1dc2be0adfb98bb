//! No needle survives: whatever the form, the order, the escapes and the cut.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use taffrail_event::{AuditRecord, NotAudit, json};

use super::redactor;

/// A JSON value that can be written in many ways.
#[derive(Debug, Clone)]
enum Json {
    Text(String),
    Object(Vec<(&'static str, Json)>),
    List(Vec<Json>),
}

use Json::{List, Object, Text};

fn text(text: &str) -> Json {
    Text(text.to_owned())
}

/// Decides how a value is written.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

impl Json {
    /// Shuffles members, escapes letters and strews blanks.
    fn write(&self, dice: &mut Dice, out: &mut String) {
        match self {
            Text(text) => write_text(text, dice, out),
            Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                for at in (1..members.len()).rev() {
                    members.swap(at, dice.roll(at + 1));
                }
                out.push('{');
                for (at, (key, value)) in members.into_iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    out.push_str([" ", "", "\n", ""][dice.roll(4)]);
                    write_text(key, dice, out);
                    out.push_str([": ", ":", " :", ":"][dice.roll(4)]);
                    value.write(dice, out);
                }
                out.push('}');
            }
            List(elements) => {
                out.push('[');
                for (at, element) in elements.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    element.write(dice, out);
                }
                out.push(']');
            }
        }
    }
}

fn write_text(text: &str, dice: &mut Dice, out: &mut String) {
    let escapes = dice.roll(3) == 0;
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '/' if escapes => out.push_str("\\/"),
            _ if escapes && dice.roll(3) == 0 => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// The resource and a body of it that holds `needle` as a secret.
fn body(form: usize, key: &'static str, needle: &str, dice: &mut Dice) -> (&'static str, Json) {
    let encoded = STANDARD.encode(needle);
    let pointer = |map: &str| Text(format!("/{map}/{key}"));
    let op = |path: Json, value: Json| {
        List(vec![Object(vec![("op", text("add")), ("path", path), ("value", value)])])
    };
    let data = Object(vec![(key, Text(encoded.clone()))]);
    let plain = Object(vec![(key, text(needle))]);
    let secret = Object(vec![
        ("kind", text("Secret")),
        ("metadata", Object(vec![("name", text("x"))])),
        ("data", data.clone()),
    ]);
    let anonymous =
        Object(vec![("metadata", Object(vec![("name", text("x"))])), ("stringData", plain.clone())]);
    let written = |value: &Json, dice: &mut Dice| {
        let mut out = String::new();
        value.write(dice, &mut out);
        Text(out)
    };
    match form {
        0 => ("secrets", secret),
        1 => ("secrets", Object(vec![("data", data)])),
        2 => ("secrets", Object(vec![("stringData", plain), ("$retainKeys", List(vec![text("a")]))])),
        3 => ("secrets", op(pointer("data"), Text(encoded))),
        4 => ("secrets", op(pointer("stringData"), text(needle))),
        5 => ("secrets", op(text("/data"), data)),
        6 => ("secrets", op(text(""), anonymous)),
        7 => ("secrets", op(pointer("data"), Object(vec![("deep", List(vec![text(needle)]))]))),
        8 => (
            "secrets",
            Object(vec![("kind", text("SecretList")), ("items", List(vec![anonymous.clone(), anonymous]))]),
        ),
        9 => ("things", Object(vec![("kind", text("List")), ("items", List(vec![secret]))])),
        10 => ("things", Object(vec![("spec", Object(vec![("manifest", written(&secret, dice))]))])),
        11 => (
            "things",
            Object(vec![("rows", List(vec![Object(vec![("object", secret)])])), ("kind", text("Table"))]),
        ),
        12 => {
            let applied = written(&secret, dice);
            let annotations = Object(vec![("kubectl.kubernetes.io/last-applied-configuration", applied)]);
            ("things", Object(vec![("metadata", Object(vec![("annotations", annotations)]))]))
        }
        13 => (
            "pods",
            Object(vec![(
                "env",
                List(vec![Object(vec![("name", text("A_TOKEN")), ("value", text(needle))])]),
            )]),
        ),
        14 => ("pods", Object(vec![("args", List(vec![text("--token"), text(needle)]))])),
        15 => ("pods", Object(vec![("command", List(vec![Text(format!("--password={needle}"))]))])),
        16 => ("tokenreviews", Object(vec![("spec", Object(vec![("token", text(needle))]))])),
        17 => ("secrets", Object(vec![("data", List(vec![text(needle)]))])),
        18 => ("secrets", text(needle)),
        19 => ("things", Object(vec![("url", Text(format!("https://bob:{needle}@db/x")))])),
        20 => ("things", written(&Object(vec![("x", written(&secret, dice))]), dice)),
        _ => ("things", Object(vec![("adminPassword", text(needle))])),
    }
}
const FORMS: usize = 22;

/// Whether any eight characters of the needle are readable, in any encoding that the forms use.
fn shows(haystack: &[u8], needle: &str) -> bool {
    let encoded = STANDARD.encode(needle);
    let mut text = haystack.to_vec();
    for _ in 0..4 {
        let pieces = needle.as_bytes().windows(8).chain(encoded.as_bytes().windows(8));
        for piece in pieces {
            if memchr::memmem::find(&text, piece).is_some() {
                return true;
            }
        }
        text = json::unescape(&text).into_owned();
    }
    false
}

fn record(form: usize, key: &'static str, needle: &str, seed: u64) -> Vec<u8> {
    let mut dice = Dice(seed);
    let (resource, body) = body(form, key, needle, &mut dice);
    let member = ["requestObject", "responseObject"][dice.roll(2)];
    let event = Object(vec![
        ("kind", text("Event")),
        ("auditID", text("a")),
        ("stage", text("ResponseComplete")),
        ("objectRef", Object(vec![("resource", text(resource)), ("name", text("x"))])),
        (member, body),
    ]);
    let mut out = String::new();
    // The members of the event itself have their names; only their order varies.
    let Object(members) = event else { unreachable!() };
    out.push('{');
    let turn = dice.roll(members.len());
    for (at, (key, value)) in members.iter().cycle().skip(turn).take(members.len()).enumerate() {
        out.push_str(if at > 0 { "," } else { "" });
        out.push_str(&format!("\"{key}\":"));
        value.write(&mut dice, &mut out);
    }
    out.push('}');
    out.into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn t56_no_needle_survives_any_form(
        form in 0..FORMS,
        key in prop::sample::select(vec!["password", "a", "name", "kind", "type", "value", "data", "code"]),
        needle in "[A-Za-z][A-Za-z0-9]{15,25}",
        seed in any::<u64>(),
    ) {
        let record = record(form, key, &needle, seed);
        prop_assert!(shows(&record, &needle));
        let mut out = Vec::new();
        redactor().redact(&record, &mut out).unwrap();
        prop_assert!(!shows(&out, &needle), "{}\n{}", String::from_utf8_lossy(&record), String::from_utf8_lossy(&out));
        prop_assert!(json::is_well_formed(&out));
        let mut again = Vec::new();
        redactor().redact(&out, &mut again).unwrap();
        prop_assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&out));
    }

    #[test]
    fn t17_no_needle_survives_a_cut(
        form in 0..FORMS,
        key in prop::sample::select(vec!["password", "a", "name", "kind", "type", "value", "data", "code"]),
        needle in "[A-Za-z][A-Za-z0-9]{15,25}",
        seed in any::<u64>(),
        at in any::<prop::sample::Index>(),
    ) {
        let record = record(form, key, &needle, seed);
        let cut = at.index(record.len());
        let glued = [&record[..cut], &record[..]].concat();
        for piece in [&record[..cut], &record[cut..], &glued[..], &record[..]] {
            let masked = redactor().mask(piece);
            prop_assert!(!shows(&masked, &needle), "{}\n{}", String::from_utf8_lossy(piece), String::from_utf8_lossy(&masked));
        }
    }

    #[test]
    fn t17_no_needle_survives_two_cuts(
        form in 0..FORMS,
        key in prop::sample::select(vec!["password", "a", "name", "type", "value", "data", "code", "username"]),
        needle in "[A-Za-z][A-Za-z0-9]{15,25}",
        seed in any::<u64>(),
        cuts in prop::array::uniform2(any::<prop::sample::Index>()),
    ) {
        let record = record(form, key, &needle, seed);
        let [a, b] = cuts.map(|cut| cut.index(record.len()));
        let middle = &record[a.min(b)..a.max(b)];
        let masked = redactor().mask(middle);
        prop_assert!(!shows(&masked, &needle), "{}\n{}", String::from_utf8_lossy(middle), String::from_utf8_lossy(&masked));
    }

    #[test]
    fn accepts_what_the_decoder_accepts(
        form in 0..FORMS,
        seed in any::<u64>(),
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(b"{}[],:\"\\ x0\xff".to_vec()),
    ) {
        let mut record = record(form, "a", "needle", seed);
        let at = at.index(record.len());
        record[at] = byte;
        let mut out = b"before".to_vec();
        let redacted = redactor().redact_outlined(&record, &mut out);
        prop_assert_eq!(redacted.as_ref().err().copied(), AuditRecord::decode(&record).err());
        match redacted {
            Err(_) => prop_assert_eq!(&out[..], b"before"),
            Ok((_, outline)) => {
                let found = AuditRecord::outline(&out[6..]);
                prop_assert!(found.is_ok());
                prop_assert!(outline.is_none() || outline == found.ok());
            }
        }
    }

    #[test]
    fn accepts_members_as_the_decoder_does(
        members in prop::collection::vec(
            (prop::sample::select(vec!["auditID", "stage", "verb", "objectRef", "requestObject", "x"]),
             prop::sample::select(vec!["\"a\"", "\"\"", "{}", "[1]", "null", "{", "x", "\"", "{\"resource\":\"pods\"}"]),
             prop::sample::select(vec![",", "", ",,", " "])),
            0..6),
        end in prop::sample::select(vec!["}", "", "} ", "}}", "]", "}\u{c}", "}\u{b}"]),
    ) {
        let mut record = "{".to_owned();
        for (key, value, separator) in members {
            record.push_str(&format!("\"{key}\":{value}{separator}"));
        }
        record.push_str(end);
        let mut out = Vec::new();
        let redacted = redactor().redact_outlined(record.as_bytes(), &mut out);
        prop_assert_eq!(redacted.as_ref().err().copied(), AuditRecord::decode(record.as_bytes()).err(), "{}", record);
        if let Ok((_, Some(outline))) = redacted {
            prop_assert_eq!(Ok(outline), AuditRecord::outline(&out), "{}", record);
        }
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(prop::sample::select(b"{}[],:\"\\ an=@-.eyJ0\xff\n'|>".to_vec()), 0..120)) {
        let redactor = redactor();
        prop_assert!(redactor.mask(&bytes).len() <= 20 * bytes.len() + 100);
        let mut out = Vec::new();
        redactor.redact(&bytes, &mut out).ok();
        let text = serde_json::to_string(&String::from_utf8_lossy(&bytes)).unwrap();
        let record = super::event("secrets", &format!("\"requestURI\":{text},\"x\":{text},\"requestObject\":{{\"args\":[{text}],\"password=\":{text}}}"));
        redactor.redact(record.as_bytes(), &mut out).unwrap();
    }
}

/// Found by fuzzing: behind an event it was white space here and none to the decoder, so that the record was acknowledged
/// and never indexed.
#[test]
fn a_form_feed_behind_an_event_is_no_white_space() {
    let record = b"{\"auditID\":\"a\",\"verb\":\"get\"}\x0c";
    assert_eq!(redactor().redact(record, &mut Vec::new()).err(), Some(NotAudit::Malformed));
    assert_eq!(AuditRecord::decode(record).err(), Some(NotAudit::Malformed));
}
