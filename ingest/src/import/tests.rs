use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use taffrail_config::RedactionSettings;
use taffrail_event::{RecordFlags, SinkError};

use super::*;
use crate::fake_sink::FakeSink;
use crate::flows::FlowHints;

struct Setup {
    dir: tempfile::TempDir,
    dead: DeadLetters,
    sink: FakeSink,
    told: Vec<ImportProgress>,
    max_event_bytes: u64,
}

fn setup() -> Setup {
    let dir = tempfile::tempdir().unwrap();
    let dead = DeadLetters::open(&dir.path().join("dead"), 1 << 20).unwrap();
    Setup { dir, dead, sink: FakeSink::default(), told: Vec::new(), max_event_bytes: 1 << 20 }
}

impl Setup {
    fn file(&self, name: &str, bytes: &[u8]) -> ImportInput {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        ImportInput::File(path)
    }

    fn import(&mut self, inputs: &[ImportInput]) -> Result<ImportReport, IngestError> {
        let redactor = Redactor::new(&RedactionSettings::default(), &[7; 32]).unwrap();
        let options = ImportOptions {
            cluster: "prod".into(),
            max_event_bytes: self.max_event_bytes,
            flows: FlowHints::default(),
            filter: None,
            fold_flows: Duration::ZERO,
        };
        let told = &mut self.told;
        import(inputs, &options, &redactor, &self.dead, &mut self.sink, &mut |progress| told.push(progress))
    }

    fn letters(&self) -> Vec<(String, String)> {
        let letters = self.dead.list(1000, None).unwrap().letters;
        letters.into_iter().rev().map(|letter| (letter.excerpt, letter.reason)).collect()
    }
}

fn event(id: usize, padding: usize) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"{id}","stage":"ResponseComplete","requestObject":{{"data":"{}"}}}}"#,
        "x".repeat(padding)
    )
}

fn events(count: usize, padding: usize) -> Vec<String> {
    (0..count).map(|id| event(id, padding)).collect()
}

fn lines(events: &[String]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_form_of_file_is_read_in_order() {
    fn check(name: &str, bytes: &[u8], expected: &[String]) {
        let mut setup = setup();
        let input = setup.file(name, bytes);
        let report = setup.import(&[input]).unwrap();
        assert_eq!(setup.sink.texts(), expected, "{name}");
        assert_eq!((report.counts.read, report.dead), (expected.len() as u64, 0), "{name}");
        assert_eq!(setup.sink.finished, 1);
        assert!(setup.sink.sources.iter().all(|source| source == &format!("import:{name}")));
        assert!(setup.sink.offsets.iter().all(Option::is_none));
        let last = setup.told.last().unwrap();
        assert_eq!((last.bytes, last.records), (bytes.len() as u64, expected.len() as u64), "{name}");
        assert_eq!(last.total, Some(bytes.len() as u64));
    }
    // Several chunks.
    let events = events(3000, 2000);
    let text = lines(&events);
    check("audit.log", text.as_bytes(), &events);
    check("no-last-line-end", text.trim_end().as_bytes(), &events);
    check("renamed.txt", &gzip(text.as_bytes()), &events);
    check("audit.log.zst", &zstd::encode_all(text.as_bytes(), 1).unwrap(), &events);
    check("crlf", text.replace('\n', "\r\n").as_bytes(), &events);
    check("array", format!("[{}]", events.join(",")).as_bytes(), &events);
    check("array-of-lines", format!("[\n{}\n]\n", events.join(",\n")).as_bytes(), &events);
    let list = format!(r#"{{"kind":"EventList","items":[{}]}}"#, events.join(","));
    check("list", list.as_bytes(), &events);
    check("empty", b"", &[]);
    check("blank", b"\n\n", &[]);
    let few = &events[..5];
    let few_list = format!(r#"{{"kind":"EventList","items":[{}]}}"#, few.join(","));
    let twice = [few, few].concat();
    check("lists", format!("{few_list}\n{few_list}\n").as_bytes(), &twice);
    check("mixed", format!("{few_list}\n{}", lines(few)).as_bytes(), &twice);
    let spread = few_list.replace(r#""items":["#, "\n  \"items\": [\n");
    check("spread", spread.as_bytes(), few);
}

#[test]
fn files_come_one_after_the_other() {
    let mut setup = setup();
    let all = events(400, 20_000);
    let inputs: Vec<_> = all
        .chunks(100)
        .enumerate()
        .map(|(n, part)| setup.file(&format!("{n}"), lines(part).as_bytes()))
        .collect();
    setup.import(&inputs).unwrap();
    assert_eq!(setup.sink.texts(), all);
    assert_eq!(setup.sink.finished, 1);
}

#[test]
fn t15_broken_lines_are_dead_letters_once() {
    let mut setup = setup();
    let mut text = lines(&events(3, 10));
    text.push_str("{\"kind\":\"Event\",\"verb\":\n");
    text.push_str(&event(3, 10));
    text.push_str("\nnot json\n{\"kind\":\"Pod\"}\n");
    text.push_str("{\"kind\":\"Event\",\"x\":");
    text.push_str(&event(4, 10));
    text.push_str("\nnot json\n");
    let expected: Vec<_> = (0..5).map(|id| event(id, 10)).collect();
    let input = setup.file("audit.log", text.as_bytes());
    let report = setup.import(std::slice::from_ref(&input)).unwrap();
    assert_eq!(setup.sink.texts(), expected);
    assert_eq!(report.dead, 5);
    let letters = setup.letters();
    let excerpts: Vec<_> = letters.iter().map(|(excerpt, _)| excerpt.as_str()).collect();
    assert_eq!(
        excerpts,
        [
            "{\"kind\":\"Event\",\"verb\":",
            "not json\n",
            "{\"kind\":\"Pod\"}",
            "{\"kind\":\"Event\",\"x\":",
            "not json"
        ]
    );
    assert!(letters[1].1.starts_with("not JSON (from byte "), "{letters:?}");
    setup.import(&[input]).unwrap();
    assert_eq!(setup.letters().len(), 5);
}

#[test]
fn a_chunk_full_of_dead_letters_comes_in_parts_and_in_order() {
    let mut setup = setup();
    let other = |id: usize| format!("{{\"kind\":\"Pod\",\"n\":{id}}}\n");
    let text: String = (0..3000).map(|id| format!("{}\n{}", event(id, 600), other(id))).collect();
    let input = setup.file("audit.log", text.as_bytes());
    let report = setup.import(&[input]).unwrap();
    assert_eq!((report.counts.read, report.dead, report.bytes), (3000, 3000, text.len() as u64));
    assert_eq!(setup.sink.texts(), events(3000, 600));
    assert!(setup.told.last().unwrap().records == 3000);
}

#[test]
fn lines_of_text_are_one_dead_letter_and_the_rest_of_a_text_is_withheld() {
    let mut setup = setup();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}-----END PRIVATE KEY-----\n",
        "MIIEvQIBADANBgkqh\n".repeat(20)
    );
    let text = format!("{}\n{pem}{}\nI1123 klog\n", event(0, 10), event(1, 10));
    let input = setup.file("audit.log", text.as_bytes());
    setup.import(&[input]).unwrap();
    let letters = setup.letters();
    let excerpts: Vec<_> = letters.iter().map(|(excerpt, _)| excerpt.as_str()).collect();
    assert!(matches!(excerpts[..], [key, "I1123 klog"] if key.starts_with("redacted:")), "{excerpts:?}");

    // Longer than a chunk: what a line says may follow from one in the chunk before.
    let mut setup = self::setup();
    let text = format!("{}\nkind: Secret\ndata:\n{}", event(0, 10), "  pin: a secret\n".repeat(300_000));
    let input = setup.file("audit.log", text.as_bytes());
    let report = setup.import(&[input]).unwrap();
    assert!((2..5).contains(&report.dead), "{report:?}");
    assert!(
        setup.letters().iter().all(|(excerpt, _)| !excerpt.contains("a secret")),
        "{:?}",
        setup.letters()
    );
}

#[test]
fn a_large_event_is_cut_in_lines_and_in_lists() {
    let large = event(1, 3 << 20);
    let small = event(0, 10);
    for text in [
        format!("{small}\n{large}\n{small}\n"),
        format!("[{small},{large},{small}]"),
        format!("{large}\n{small}\n"),
    ] {
        let mut setup = setup();
        let input = setup.file("audit.log", text.as_bytes());
        let report = setup.import(&[input]).unwrap();
        assert_eq!((report.cut, report.dead), (1, 0));
        let cut: Vec<_> = setup.sink.flags.iter().map(|flags| flags.contains(RecordFlags::CUT)).collect();
        assert_eq!(cut.iter().filter(|cut| **cut).count(), 1);
        let at = cut.iter().position(|cut| *cut).unwrap();
        assert_eq!(setup.sink.texts()[at], event(1, 0).replace(r#"{"data":""}"#, "null"));
    }
}

#[test]
fn large_chunks_pass_one_at_a_time_and_an_error_behind_them_is_seen() {
    let mut setup = setup();
    setup.max_event_bytes = 64 << 20;
    let all: Vec<_> = (0..4).map(|id| event(id, 20 << 20)).collect();
    let input = setup.file("audit.log", lines(&all).as_bytes());
    setup.import(std::slice::from_ref(&input)).unwrap();
    assert_eq!(setup.sink.texts(), all);
    setup.sink.refusals.push_back(SinkError::Fatal("broken".into()));
    assert!(matches!(setup.import(&[input]), Err(IngestError::Sink(_))));
}

#[test]
fn an_input_that_cannot_be_read_is_named_and_what_came_before_is_kept() {
    let mut setup = setup();
    let all = events(3000, 2000);
    let whole = gzip(lines(&all).as_bytes());
    let input = setup.file("cut.gz", &whole[..whole.len() / 2]);
    let error = setup.import(&[input]).unwrap_err().to_string();
    assert!(error.contains("cut.gz at byte "), "{error}");
    let found = setup.sink.texts();
    assert!(found.len() > 100 && found == all[..found.len()], "{}", found.len());
    assert_eq!(setup.sink.finished, 1);

    // Also where all that came before is less than a chunk: whole lines, or whole items of a list.
    for text in [
        lines(&all[..200]),
        format!(r#"{{"kind":"EventList","items":[{}]}}"#, all[..200].join(",")),
        format!("[\n{}\n]", all[..20].join(",\n")),
    ] {
        let mut setup = self::setup();
        // Stored, so that half of the file is half of the text.
        let mut stored = GzEncoder::new(Vec::new(), Compression::none());
        stored.write_all(text.as_bytes()).unwrap();
        let whole = stored.finish().unwrap();
        let half = whole.len() / 2;
        let input = setup.file("cut.gz", &whole[..half]);
        let error = setup.import(&[input]).unwrap_err().to_string();
        assert!(error.contains("cut.gz at byte "), "{error}");
        let found = setup.sink.texts();
        let least = memchr::memmem::find_iter(&text.as_bytes()[..half - 100], "auditID").count() - 1;
        assert!(found.len() >= least && found == all[..found.len()], "{} of {least}", found.len());
        assert_eq!(setup.letters(), []);
    }

    let missing = ImportInput::from_argument(setup.dir.path().join("missing"));
    let error = setup.import(&[missing]).unwrap_err().to_string();
    assert!(error.starts_with("cannot read ") && error.contains("missing at byte 0"), "{error}");
    let directory = ImportInput::from_argument(setup.dir.path());
    assert!(setup.import(&[directory]).unwrap_err().to_string().contains("name the files in it"));
    assert_eq!(ImportInput::from_argument("-"), ImportInput::Stdin);
}

#[test]
fn a_sink_that_asks_to_retry_gets_the_same_again_and_a_fatal_one_ends_it() {
    let mut setup = setup();
    let all = events(2000, 5000);
    let input = setup.file("audit.log", lines(&all).as_bytes());
    setup.sink.refusals.push_back(SinkError::Retry("the disk is full".into()));
    setup.import(std::slice::from_ref(&input)).unwrap();
    assert_eq!(setup.sink.texts(), all);
    setup.sink.refusals.push_back(SinkError::Fatal("broken".into()));
    let error = setup.import(&[input]).unwrap_err();
    assert!(matches!(&error, IngestError::Sink(reason) if reason == "broken"), "{error}");
}

#[test]
fn t14_recorded_files_are_read_whole() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    for (name, records) in [
        ("audit/adversarial-inputs.jsonl.gz", 33),
        ("audit/all-verbs.jsonl.gz", 125),
        ("audit/scenario.jsonl.gz", 5_965),
        ("audit/webhook-adversarial.json.gz", 19),
        ("story/audit.jsonl.gz", 876),
    ] {
        let mut setup = setup();
        let path = samples.join(name);
        let mut bytes = Vec::new();
        GzDecoder::new(std::fs::File::open(&path).unwrap()).read_to_end(&mut bytes).unwrap();
        let report = setup.import(&[ImportInput::File(path)]).unwrap();
        assert_eq!((report.counts.read, report.dead), (records, 0), "{name}: {:?}", setup.letters());
        assert_eq!(setup.sink.records.len() as u64, records);
    }
}
