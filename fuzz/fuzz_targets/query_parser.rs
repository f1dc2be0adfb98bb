//! Any text is a query or an error with a place in the text; a query prints as one that reads back as the same, and can be
//! asked of an event.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use taffrail_event::{Event, Origins, Timestamp};
use taffrail_query::{TimeContext, parse, parse_time};

const RECORD: &[u8] = br#"{"auditID":"c631","stage":"ResponseComplete","verb":"patch","requestURI":"/api/v1/namespaces/shop/pods/web-1","user":{"username":"alice"},"sourceIPs":["203.0.113.10"],"userAgent":"kubectl/v1.32.4","objectRef":{"resource":"pods","namespace":"shop","name":"web-1"},"responseStatus":{"code":200},"requestObject":{"metadata":{"labels":{"quarantine":"true"}}},"requestReceivedTimestamp":"2026-11-23T16:11:23.418577Z"}"#;

static EVENT: LazyLock<Event> =
    LazyLock::new(|| Event::decode(RECORD, Origins::default()).expect("the record is an event"));

fuzz_target!(|text: &str| {
    let context = TimeContext::utc(Timestamp::from_micros(1_795_450_283_418_577));
    let _time = parse_time(text, &context);
    match parse(text, &context) {
        Ok(query) => {
            let printed = query.to_string();
            let read = parse(&printed, &context);
            assert_eq!(read.as_ref(), Ok(&query), "{text:?} printed as {printed:?}");
            let found = query.matches(&EVENT, RECORD);
            let not_found = query.negated().matches(&EVENT, RECORD);
            assert_ne!(found, not_found, "{text:?}");
        }
        Err(error) => {
            assert!(
                error.span.start <= error.span.end && error.span.end <= text.chars().count(),
                "{error:?}"
            );
            assert!(!error.message.is_empty());
        }
    }
});
