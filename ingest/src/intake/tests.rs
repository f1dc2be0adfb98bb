mod dead_letters;

use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use taffrail_config::RedactionSettings;
use taffrail_event::{AuditRecord, RecordBatch, RecordFlags};

use super::*;
use crate::journal::{Item, JournalOptions};

struct Setup {
    dir: tempfile::TempDir,
    journal: Journal,
    dead: Arc<DeadLetters>,
    intake: Intake,
}

const LIMITS: IntakeLimits =
    IntakeLimits { max_event_bytes: 1 << 20, budget_bytes: 64 << 20, max_decompressed_bytes: 256 << 20 };

fn setup(limits: IntakeLimits) -> Setup {
    setup_with(limits, JournalOptions { min_free_bytes: 0, ..JournalOptions::default() })
}

fn setup_with(limits: IntakeLimits, options: JournalOptions) -> Setup {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(&dir.path().join("journal"), options, 0).unwrap();
    let dead = Arc::new(DeadLetters::open(&dir.path().join("dead"), 1 << 20).unwrap());
    let redactor = Arc::new(Redactor::new(&RedactionSettings::default(), &[7; 32]).unwrap());
    let intake = Intake::new(journal.clone(), redactor, Arc::clone(&dead), limits);
    Setup { dir, journal, dead, intake }
}

impl Setup {
    fn send(&self, body: impl Read) -> Result<Receipt, IntakeError> {
        self.intake.receive(&IntakeOrigin::webhook("prod", None), body)
    }

    /// Every durable record.
    fn records(&self) -> Vec<(Vec<u8>, RecordFlags)> {
        let mut reader = self.journal.reader(0).unwrap();
        let mut records = Vec::new();
        while (records.len() as u64) < self.journal.durable() {
            for item in reader.next(1 << 20, Duration::from_secs(10)).unwrap() {
                let Item::Frame(frame) = item else { panic!("{item:?}") };
                let batch = RecordBatch::decode(&frame.payload).unwrap();
                assert_eq!(
                    (batch.origin.cluster.as_ref(), batch.origin.source.as_ref()),
                    ("prod", "webhook")
                );
                records.extend(batch.records().map(|(record, flags)| (record.to_vec(), flags)));
            }
        }
        records
    }

    fn audit_ids(&self) -> Vec<String> {
        let id = |(record, _): (Vec<u8>, _)| AuditRecord::decode(&record).unwrap().audit_id.into_owned();
        self.records().into_iter().map(id).collect()
    }

    fn letters(&self) -> Vec<(String, String)> {
        let letters = self.dead.list(1000, None).unwrap().letters;
        letters.into_iter().rev().map(|letter| (letter.excerpt, letter.reason)).collect()
    }
}

fn event(id: usize, padding: usize) -> String {
    format!(
        r#"{{"level":"RequestResponse","auditID":"{id}","stage":"ResponseComplete","verb":"get","requestObject":{{"data":"{}"}}}}"#,
        "x".repeat(padding)
    )
}

fn list(count: usize, padding: usize) -> String {
    let events: Vec<_> = (0..count).map(|id| event(id, padding)).collect();
    format!(
        r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{}]}}"#,
        events.join(",")
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn ids(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|id| id.to_string()).collect()
}

fn sample(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn every_encoding_arrives_and_the_receipt_says_what() {
    let setup = setup(LIMITS);
    let body = list(3, 10);
    for (turn, bytes) in [
        body.clone().into_bytes(),
        gzip(body.as_bytes()),
        [gzip(&body.as_bytes()[..50]), gzip(&body.as_bytes()[50..])].concat(),
        zstd::encode_all(body.as_bytes(), 3).unwrap(),
    ]
    .into_iter()
    .enumerate()
    {
        let receipt = setup.send(bytes.as_slice()).unwrap();
        let offset = 3 * (turn as u64 + 1);
        let expected = Receipt {
            dropped: 0,
            folded: 0,
            position: Position { partition: 0, offset },
            records: 3,
            dead: 0,
            cut: 0,
            skipped: 0,
            bytes: body.len() as u64,
        };
        assert_eq!(receipt, expected);
        assert_eq!(setup.journal.durable(), offset);
    }
    let all: Vec<_> = (0..4).flat_map(|_| ids(0..3)).collect();
    assert_eq!(setup.audit_ids(), all);
    let totals = setup.intake.totals();
    assert_eq!((totals.requests, totals.records, totals.in_flight, totals.held_bytes), (4, 12, 0, 0));
}

#[test]
fn t7_an_empty_body_and_an_empty_list_are_fine() {
    let setup = setup(LIMITS);
    for body in ["", "\n", r#"{"kind":"EventList","items":null}"#, r#"{"kind":"EventList","items":[]}"#] {
        let receipt = setup.send(body.as_bytes()).unwrap();
        assert_eq!((receipt.records, receipt.dead, receipt.position.offset), (0, 0, 0), "{body}");
    }
}

#[test]
fn t15_one_broken_item_among_399_good_ones() {
    let setup = setup(LIMITS);
    let mut events: Vec<_> = (0..400).map(|id| event(id, 20)).collect();
    events[200] = r#"{"level":"Metadata","auditID":"200","stage":"#.to_owned();
    let body = format!(r#"{{"kind":"EventList","items":[{}]}}"#, events.join(","));
    let receipt = setup.send(body.as_bytes()).unwrap();
    assert_eq!((receipt.records, receipt.dead), (399, 1));
    assert_eq!(setup.audit_ids(), [ids(0..200), ids(201..400)].concat());
    let letters = setup.letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].0.starts_with(r#"{"level":"Metadata","auditID":"200","stage":"#), "{letters:?}");
    assert!(letters[0].1.starts_with("malformed JSON"), "{letters:?}");
}

#[test]
fn t16_what_is_not_audit_is_kept_as_a_dead_letter_and_acknowledged() {
    let setup = setup(LIMITS);
    for (body, reason) in [
        ("<html>nope</html>", "not JSON"),
        (
            r#"{"kind":"Pod","metadata":{}}"#,
            "a JSON object, but not an audit event (no auditID and no stage)",
        ),
        (
            r#"{"auditID":7,"stage":null}"#,
            "a JSON object, but not an audit event (auditID and stage: no text, or an empty one)",
        ),
        ("[7]", "not a JSON object"),
    ] {
        let receipt = setup.send(body.as_bytes()).unwrap();
        assert_eq!((receipt.records, receipt.dead), (0, 1), "{body}");
        assert_eq!(setup.letters().last().unwrap().1, reason);
    }
    // The sender comes back with the same bytes: known already.
    setup.send("[7]".as_bytes()).unwrap();
    assert_eq!((setup.dead.totals().stored, setup.dead.totals().received), (4, 5));
}

#[test]
fn t17_a_whole_body_with_cut_json_keeps_what_is_whole() {
    let setup = setup(LIMITS);
    let body = list(3, 10);
    let receipt = setup.send(&body.as_bytes()[..body.len() - 30]).unwrap();
    assert_eq!((receipt.records, receipt.dead), (2, 1));
    assert_eq!(setup.letters()[0].1, "cut: the input ends in the middle of it");
}

#[test]
fn t13_a_client_that_leaves_gets_no_receipt() {
    struct Leaves<'a>(&'a [u8]);
    impl Read for Leaves<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buf)? {
                0 => Err(io::ErrorKind::ConnectionReset.into()),
                count => Ok(count),
            }
        }
    }
    let setup = setup(LIMITS);
    let body = list(3, 10);
    for bytes in
        [body.clone().into_bytes(), gzip(body.as_bytes()), zstd::encode_all(body.as_bytes(), 3).unwrap()]
    {
        for length in [0, 2, bytes.len() / 2, bytes.len()] {
            let received = setup.send(Leaves(&bytes[..length]));
            assert!(matches!(received, Err(IntakeError::Body(_))), "{length} {received:?}");
        }
    }
    assert_eq!(setup.letters(), []);
    assert_eq!(setup.intake.totals().held_bytes, 0);
}

#[test]
fn a_corrupt_stream_keeps_what_was_decoded() {
    fn check(bytes: &[u8], is_cut: bool) {
        let setup = setup(LIMITS);
        let receipt = setup.send(bytes).unwrap();
        let letters = setup.letters();
        assert!(letters.iter().any(|(_, reason)| reason.contains("stream is corrupt after")), "{letters:?}");
        // Flipped bits may be decoded into something else before the checksum tells.
        if is_cut {
            assert_eq!((receipt.dead, letters.len()), (1, 1));
            assert_eq!(setup.audit_ids(), ids(0..receipt.records as usize));
        }
    }
    let body = list(2000, 300);
    for bytes in [gzip(body.as_bytes()), zstd::encode_all(body.as_bytes(), 3).unwrap()] {
        check(&bytes[..bytes.len() / 2], true);
        check(&bytes[..10], true);
    }
    let mut flipped = gzip(body.as_bytes());
    let middle = flipped.len() / 2;
    flipped[middle..middle + 20].fill(0xff);
    check(&flipped, false);
}

#[test]
fn a_dead_letter_of_a_stream_that_nobody_can_decompress_tells_what_came() {
    fn check(bytes: &[u8]) {
        let setup = setup(LIMITS);
        assert_eq!(setup.send(bytes).unwrap().dead, 1);
        let letter = setup.dead.list(1, None).unwrap().letters.remove(0);
        assert!(letter.reason.contains("stream is corrupt after"), "{letter:?}");
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((letter.size, letter.sha256), (bytes.len() as u64, hash));
        let shown = format!(" ... (cut, {} bytes in all)", bytes.len());
        assert!(letter.excerpt.ends_with(&shown) && letter.excerpt.len() < 100, "{}", letter.excerpt);
        // What is shown is not what came: there is nothing to read once more.
        assert_eq!(setup.intake.replay(&|_| true).unwrap().not_whole, 1);
    }
    let rubbish = [b"no such thing ".repeat(20_000), vec![0xff; 9]].concat();
    check(&[&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], rubbish.as_slice()].concat());
    check(&[&[0x1f, 0x8b], rubbish.as_slice()].concat());
    check(&[&[0x28, 0xb5, 0x2f, 0xfd], rubbish.as_slice()].concat());
    // Every item came through, and then the checksum is wrong.
    let mut wrong_end = gzip(list(3, 10).as_bytes());
    let end = wrong_end.len() - 1;
    wrong_end[end] ^= 1;
    check(&wrong_end);
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let setup = setup(IntakeLimits { budget_bytes: 16 << 20, ..LIMITS });
    let bomb = zstd::encode_all(io::repeat(b' ').take(300 << 20), 1).unwrap();
    assert!(bomb.len() < 100_000);
    let received = setup.send(bomb.as_slice());
    assert!(matches!(received, Err(IntakeError::TooLarge { .. })), "{received:?}");
    // 10 MiB of nothing are none.
    let little = zstd::encode_all(io::repeat(b' ').take(10 << 20), 1).unwrap();
    assert_eq!(setup.send(little.as_slice()).unwrap().records, 0);
}

#[test]
fn an_event_over_the_limit_loses_its_bodies_and_says_so() {
    let setup = setup(LIMITS);
    let body = format!("[{},{},{}]", event(0, 10), event(1, 3 << 20), event(2, 10));
    let receipt = setup.send(body.as_bytes()).unwrap();
    assert_eq!((receipt.records, receipt.cut, receipt.dead), (3, 1, 0));
    let records = setup.records();
    assert_eq!(setup.audit_ids(), ids(0..3));
    assert!(records[1].1.contains(RecordFlags::CUT) && !records[0].1.contains(RecordFlags::CUT));
    assert!(AuditRecord::decode(&records[1].0).unwrap().request_object.is_none());
}

#[test]
fn requests_beyond_the_budget_are_busy_unless_alone() {
    /// Sends another request from inside the first one's body.
    struct Nested<'a> {
        setup: &'a Setup,
        before: Cursor<Vec<u8>>,
        after: Cursor<&'static [u8]>,
        answers: Vec<Result<Receipt, IntakeError>>,
    }
    impl Read for Nested<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let count = self.before.read(buf)?;
            if count > 0 {
                return Ok(count);
            }
            if self.answers.is_empty() {
                self.answers.push(self.setup.send(event(9, 700_000).as_bytes()));
            }
            self.after.read(buf)
        }
    }
    let setup = setup(IntakeLimits { budget_bytes: 1 << 20, ..LIMITS });
    let mut cut = event(1, 800_000).into_bytes();
    cut.pop();
    let mut body =
        Nested { setup: &setup, before: Cursor::new(cut), after: Cursor::new(b"}"), answers: Vec::new() };
    assert_eq!(setup.send(&mut body).unwrap().records, 1);
    assert!(matches!(body.answers[..], [Err(IntakeError::Busy)]), "{:?}", body.answers);
    // Alone, it may be larger than the budget.
    assert_eq!(setup.send(event(9, 900_000).as_bytes()).unwrap().records, 1);
    assert_eq!(setup.intake.totals().refused, 1);
}

#[test]
fn t9_a_batch_of_40_mb_needs_little_memory() {
    struct Made(usize, Cursor<Vec<u8>>);
    impl Read for Made {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let count = self.1.read(buf)?;
            if count > 0 || self.0 == 400 {
                return Ok(count);
            }
            self.1 = Cursor::new(format!("{}\n", event(self.0, 100 << 10)).into_bytes());
            self.0 += 1;
            self.1.read(buf)
        }
    }
    let setup = setup(IntakeLimits { budget_bytes: 4 << 20, ..LIMITS });
    // Not alone, so that the limit counts.
    let other = setup.intake.budget.enter();
    assert!(other.hold_batch(1));
    let receipt = setup.send(Made(0, Cursor::default())).unwrap();
    assert_eq!((receipt.records, receipt.dead), (400, 0));
    assert_eq!(setup.audit_ids(), ids(0..400));
}

#[test]
fn t37_concurrent_requests_are_all_there_once() {
    let setup = setup(LIMITS);
    let receipts: Vec<Vec<Receipt>> = std::thread::scope(|scope| {
        let send = |client: usize| {
            let setup = &setup;
            move || {
                let bodies = (0..15).map(|n| event(client * 100 + n, 1000));
                bodies.map(|body| setup.send(body.as_bytes()).unwrap()).collect()
            }
        };
        let clients: Vec<_> = (0..5).map(|client| scope.spawn(send(client))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let found = setup.audit_ids();
    assert_eq!(found.len(), 75);
    for (client, receipts) in receipts.iter().enumerate() {
        for (n, receipt) in receipts.iter().enumerate() {
            assert_eq!(found[receipt.position.offset as usize - 1], (client * 100 + n).to_string());
        }
    }
}

#[test]
fn t33_a_full_journal_refuses_and_a_full_disk_too() {
    let options = JournalOptions { max_bytes: 4096, min_free_bytes: 0, ..JournalOptions::default() };
    let full = setup_with(LIMITS, options);
    let received = full.send(list(3, 4000).as_bytes());
    assert!(matches!(received, Err(IntakeError::JournalFull(_) | IntakeError::Failed(_))), "{received:?}");
    let options = JournalOptions { min_free_bytes: u64::MAX, ..JournalOptions::default() };
    let disk_full = setup_with(LIMITS, options);
    let received = disk_full.send(list(3, 10).as_bytes());
    assert!(matches!(received, Err(IntakeError::DiskFull(_))), "{received:?}");
    assert_eq!(disk_full.journal.end(), 0);
}

#[test]
fn dead_letters_that_cannot_be_stored_are_not_acknowledged() {
    let setup = setup(LIMITS);
    std::fs::remove_dir_all(setup.dir.path().join("dead")).unwrap();
    let received = setup.send("nonsense".as_bytes());
    assert!(matches!(received, Err(IntakeError::Failed(_))), "{received:?}");
}

#[test]
fn t20_recorded_webhook_bodies_arrive_whole() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/audit");
    for (name, requests) in [("webhook", None), ("webhook-retries", Some(57)), ("webhook-truncated", Some(4))]
    {
        let setup = setup(LIMITS);
        let mut sent = 0;
        let mut entries: Vec<_> =
            std::fs::read_dir(samples.join(name)).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        assert!(!entries.is_empty() && requests.is_none_or(|requests| entries.len() == requests), "{name}");
        for path in entries {
            let body = sample(&path);
            let items: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let items = items["items"].as_array().unwrap().len() as u64;
            let receipt = setup.send(body.as_slice()).unwrap();
            assert_eq!((receipt.records, receipt.dead), (items, 0), "{}", path.display());
            sent += items;
        }
        assert_eq!(setup.records().len() as u64, sent);
    }
}

#[test]
fn t14_adversarial_events_arrive_whole() {
    let setup = setup(LIMITS);
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/audit");
    let receipt = setup.send(sample(&samples.join("webhook-adversarial.json.gz")).as_slice());
    let receipt = receipt.unwrap();
    assert_eq!((receipt.records, receipt.dead), (19, 0), "{:?}", setup.letters());
    let receipt = setup.send(sample(&samples.join("adversarial-inputs.jsonl.gz")).as_slice());
    let receipt = receipt.unwrap();
    assert_eq!((receipt.records, receipt.dead), (33, 0), "{:?}", setup.letters());
}

#[test]
fn a_reported_gap_is_a_durable_record_that_says_what_it_is() {
    let setup = setup(LIMITS);
    let gap = Gap {
        cluster: "prod".to_owned(),
        source: "webhook".to_owned(),
        from: Timestamp::from_micros(1),
        to: Timestamp::from_micros(2),
        lost: Some(3),
        reason: "it was silent".to_owned(),
    };
    assert_eq!(setup.intake.report_gap(&gap).unwrap(), Position { partition: 0, offset: 1 });
    let [(record, flags)] = setup.records().try_into().unwrap();
    assert_eq!((Gap::decode(&record), flags), (Some(gap), RecordFlags::GAP));
}

/// Drops what holds a text.
#[derive(Debug)]
struct Holding(&'static [u8]);

impl Filter for Holding {
    fn drops(&self, record: &[u8], _: RecordFlags, origin: &taffrail_event::Origin) -> bool {
        assert_eq!(origin.cluster.as_ref(), "prod");
        memchr::memmem::find(record, self.0).is_some()
    }
}

#[test]
fn what_is_dropped_is_acknowledged_and_counted_and_not_in_the_journal() {
    let mut setup = setup(LIMITS);
    setup.intake = setup.intake.with_filter(Some(Arc::new(Holding(br#""auditID":"2""#))));
    let body = format!("{}\n{}\n{}\nno event\n", event(1, 10), event(2, 10), event(3, 10));
    let receipt = setup.send(body.as_bytes()).unwrap();
    assert_eq!((receipt.records, receipt.dropped, receipt.dead), (2, 1, 1));
    assert_eq!(setup.audit_ids(), ["1", "3"]);
    let receipt = setup.send(event(2, 10).as_bytes()).unwrap();
    assert_eq!((receipt.records, receipt.dropped, receipt.position.offset), (0, 1, 2));
}
