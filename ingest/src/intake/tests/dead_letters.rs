//! What is kept of bodies that are no events, and what that costs.

use taffrail_event::Key;

use super::*;
use crate::dead::DeadLetter;

/// A Secret as the API server logs it, with that value in its data.
fn secret(value: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"s","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/n/secrets","verb":"create","objectRef":{{"resource":"secrets","namespace":"n","name":"x"}},"requestObject":{{"kind":"Secret","data":{{"username":"{value}","pin":"{value}"}}}}}}"#
    )
}

#[test]
fn t17_a_secret_in_three_pieces_is_in_no_dead_letter() {
    let setup = setup(LIMITS);
    let value = "aHVudGVyMmh1bnRlcjJodW50ZXIyaA==";
    let record = secret(value);
    let piece = |from: usize, to: usize| record.get(from..to).unwrap();
    let first = record.find(value).unwrap() - 12;
    for from in first..record.len() {
        // All pieces that begin here in one body, each on a line of its own, and some of them alone.
        let pieces: Vec<_> = (from + 1..=record.len()).map(|to| piece(from, to)).collect();
        let body = [piece(0, from), "\n", &pieces.join("\n")].concat();
        setup.send(body.as_bytes()).unwrap();
        for piece in pieces.iter().step_by(7) {
            setup.send(piece.as_bytes()).unwrap();
        }
    }
    for (excerpt, _) in setup.letters() {
        for shown in value.as_bytes().windows(8) {
            assert!(memchr::memmem::find(excerpt.as_bytes(), shown).is_none(), "{excerpt}");
        }
    }
    assert!(setup.dead.totals().received > 100);
}

#[test]
fn keys_and_manifests_sent_as_text_are_one_dead_letter_without_secrets() {
    let lines = "MIIEvQIBADANBgkqh+kiG9w0\n".repeat(20);
    let (begin, end) = ("-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\n");
    let (kind, data) =
        ("apiVersion: v1\nkind: Secret\ndata:\n", "  pin: aHVudGVyMg==\nmetadata:\n  name: db\n");
    for (body, kept) in [
        ([begin, &lines, end].concat(), ""),
        ([&lines, end].concat(), "-----END"),
        ([begin, &lines].concat(), ""),
        ([kind, data].concat(), "  name: db"),
        (data.to_owned(), "  name: db"),
    ] {
        let setup = setup(LIMITS);
        let receipt = setup.send(body.as_bytes()).unwrap();
        assert_eq!((receipt.records, receipt.dead), (0, 1), "{body}");
        let (excerpt, reason) = &setup.letters()[0];
        assert_eq!(reason, "not JSON");
        let shows = excerpt.contains("MIIE") || excerpt.contains("aHVud");
        assert!(!shows && excerpt.contains(kept), "{excerpt}");
    }
}

#[test]
fn dead_letters_count_in_the_budget_and_do_not_pile_up() {
    struct Watched<'a> {
        bytes: &'a [u8],
        intake: &'a Intake,
        most: u64,
    }
    impl Read for Watched<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.most = self.most.max(self.intake.totals().held_bytes);
            let count = self.bytes.len().min(buf.len()).min(1000);
            self.bytes.read(&mut buf[..count])
        }
    }
    let check = |body: &str, dead: u64, most: u64| {
        let setup = setup(LIMITS);
        let mut watched = Watched { bytes: body.as_bytes(), intake: &setup.intake, most: 0 };
        let receipt = setup.send(&mut watched).unwrap();
        assert_eq!(receipt.dead, dead);
        assert!(watched.most >= most / 10 && watched.most <= most, "{}", watched.most);
        assert_eq!(setup.intake.totals().held_bytes, 0);
    };
    check(&"a\n".repeat(105_000), 1, 600 << 10);
    check(&"{}\n".repeat(50_000), 50_000, 600 << 10);
    check(&format!("[{}]", ":,".repeat(50_000)), 50_000, 600 << 10);
    let large = format!("{{\"kind\":\"x\",\"a\":[{}{{}}]}}\n", "{\"name\":\"abc\"},".repeat(6000));
    check(&large.repeat(100), 100, 4 << 20);
}

#[test]
fn dead_letters_that_find_no_room_make_the_request_busy() {
    let setup = setup(IntakeLimits { budget_bytes: 200 << 10, ..LIMITS });
    let other = setup.intake.budget.enter();
    assert!(other.hold_batch(100 << 10));
    let body = "{}\n".repeat(1000);
    assert!(matches!(setup.send(body.as_bytes()), Err(IntakeError::Busy)));
    drop(other);
    assert_eq!(setup.send(body.as_bytes()).unwrap().dead, 1000);
}

/// As an earlier release left it, which could not decode it (constructed).
fn left_behind(text: &str) -> DeadLetter {
    let origin = Origin {
        cluster: "prod".into(),
        source: "webhook".into(),
        via: Via::Webhook,
        received: Timestamp::from_micros(7),
    };
    let redactor = Redactor::new(&RedactionSettings::default(), &[7; 32]).unwrap();
    DeadLetter::of_item(text.as_bytes(), "for the test", &origin, &redactor)
}

#[test]
fn letters_that_are_events_now_become_records_and_go() {
    let setup = setup(LIMITS);
    let cut = event(4, 70 << 10);
    let letters = [left_behind(&event(1, 10)), left_behind("no event"), left_behind(&cut)];
    setup.dead.append(&letters).unwrap();
    setup.dead.append(&[left_behind(&list(2, 10))]).unwrap();
    let report = setup.intake.replay(&|_| true).unwrap();
    assert_eq!((report.replayed, report.records, report.still_dead, report.not_whole), (2, 3, 1, 1));
    assert_eq!(
        (report.end, report.reasons.as_slice()),
        (Some(3), [(letters[1].id, "not JSON".to_owned())].as_slice())
    );
    assert_eq!(setup.journal.durable(), 3);
    assert_eq!(setup.audit_ids()[0], "1");
    assert_eq!(setup.letters().len(), 2);
    assert_eq!(setup.intake.replay(&|_| true).unwrap().replayed, 0);
    assert_eq!(setup.intake.replay(&|letter| letter.id == Key(0)).unwrap(), ReplayReport::default());
}

#[test]
fn a_replay_drops_what_is_not_wanted() {
    let mut setup = setup(LIMITS);
    setup.intake = setup.intake.with_filter(Some(Arc::new(Holding(br#""auditID":"1""#))));
    setup.dead.append(&[left_behind(&event(1, 10))]).unwrap();
    let report = setup.intake.replay(&|_| true).unwrap();
    assert_eq!((report.replayed, report.records, report.dropped, report.end), (1, 0, 1, None));
    assert!(setup.letters().is_empty());
}

#[test]
fn an_envelope_that_is_known_by_now_is_opened() {
    let setup = setup(LIMITS);
    // As Fluent Bit forwards a line of the audit log (constructed).
    let envelope = serde_json::json!({"date": 1.5, "log": format!("{}\n", event(1, 10))});
    setup.dead.append(&[left_behind(&envelope.to_string())]).unwrap();
    let report = setup.intake.replay(&|_| true).unwrap();
    assert_eq!((report.replayed, report.records, report.reasons.as_slice()), (1, 1, [].as_slice()));
    assert_eq!(setup.audit_ids(), ["1"]);
}
