//! Any bytes are an event or are not; what is one can be shown, searched by word, and written as JSON that reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use taffrail_event::{AuditRecord, Event, Origins, words};

fuzz_target!(|record: &[u8]| {
    let decoded = AuditRecord::decode(record);
    let event = Event::decode(record, Origins::default());
    assert_eq!(decoded.is_ok(), event.is_ok());
    let (Ok(audit), Ok(event)) = (decoded, event) else { return };

    let keys = audit.keys("cluster");
    assert_eq!(keys, audit.keys("cluster"));
    assert_ne!(keys.request, audit.keys("another").request);

    event.texts(record, |text| {
        for word in words::words(text) {
            assert!(!word.is_empty());
            assert_eq!(words::words(&word).collect::<Vec<_>>(), [word.as_ref()], "a word is its own word");
        }
    });
    assert!(!event.summary.contains('\n'));
    let json = serde_json::to_vec(&event).expect("an event can be written");
    let read: Event = serde_json::from_slice(&json).expect("what was written can be read");
    assert_eq!(read, event);
});
