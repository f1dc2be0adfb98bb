//! Any bytes are a flow record or are not; what is one can be shown, searched by word, stored and written as JSON that reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use taffrail_event::flow::{Context, FlowRecord, Recognised, Stands, StoredFlow, write_stored};
use taffrail_event::{Decoded, Event, Origins, RecordFlags, Timestamp};

fuzz_target!(|record: &[u8]| {
    let received = Timestamp::from_micros(1_795_450_283_418_577);
    let context = Context { format: None, node: "node-1", received, started: Some(Timestamp::default()) };
    let read = FlowRecord::read(record, &context);
    match (FlowRecord::recognise(record, &context), &read) {
        (Ok(Recognised::Flow(format)), Ok(FlowRecord::Flow(flow))) => assert_eq!(format, flow.format),
        (Ok(Recognised::Read(found)), Ok(read)) => assert_eq!(&found, read),
        (Err(found), Err(read)) => assert_eq!(&found, read),
        (found, read) => panic!("recognised as {found:?}, read as {read:?}"),
    }
    let Ok(FlowRecord::Flow(flow)) = read else { return };

    let mut stored = Vec::new();
    write_stored(flow.format, &context, Stands { place: Some(7), folded: None }, &mut stored, |out| out.extend_from_slice(record));
    let read = StoredFlow::decode(&stored).expect("what was read once is read again");
    assert_eq!(*read.flow, *flow);
    assert_eq!(read.raw, record);

    let decoded = Decoded::of(&stored, RecordFlags::FLOW).expect("a stored flow is one");
    let event = decoded.event(Origins::default());
    assert!(!event.summary.contains('\n'));
    event.texts(&stored, |_| {});
    let json = serde_json::to_vec(&event).expect("an event can be written");
    let back: Event = serde_json::from_slice(&json).expect("what was written can be read");
    assert_eq!(back, event);
});
