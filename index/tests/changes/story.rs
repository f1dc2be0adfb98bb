//! The writes of an object, how they are stored, and what they are told to have changed.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use taffrail_config::{IndexSettings, RetentionSettings};
use taffrail_event::{ActorRules, BatchBuilder, Event, EventSink, Origin, RecordFlags, Timestamp, Via};
use taffrail_index::Store;
use taffrail_query::{TimeContext, TimeRange};

/// A write of the deployment `shop/web`.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) verb: &'static str,
    pub(crate) subresource: &'static str,
    pub(crate) version: &'static str,
    /// When it came in, in minutes from eleven o'clock at night: the second hour is another day, and another split.
    pub(crate) minute: u32,
    pub(crate) code: u16,
    /// Members of the record.
    pub(crate) bodies: String,
}

pub(crate) const PATCH: Write =
    Write { verb: "patch", subresource: "", version: "v1", minute: 0, code: 200, bodies: String::new() };

impl Write {
    pub(crate) fn json(&self, name: &str) -> String {
        let Self { verb, subresource, version, minute, code, bodies } = self;
        let time =
            Timestamp::parse("2026-11-23T23:00:00Z").unwrap().plus_micros(i64::from(*minute) * 60_000_000);
        format!(
            r#"{{"auditID":"{name}-{minute}","stage":"ResponseComplete","verb":"{verb}","requestURI":"/apis/apps/v1/namespaces/shop/deployments/{name}","user":{{"username":"alice"}},"objectRef":{{"apiGroup":"apps","apiVersion":"{version}","resource":"deployments","subresource":"{subresource}","namespace":"shop","name":"{name}"}},"responseStatus":{{"code":{code}}}{bodies},"requestReceivedTimestamp":"{time}","stageTimestamp":"{time}"}}"#
        )
    }
}

/// A write with its result: the resource version is the minute.
pub(crate) fn whole(minute: u32, spec: &str) -> Write {
    let bodies = format!(
        r#","responseObject":{{"kind":"Deployment","metadata":{{"uid":"u","resourceVersion":"{}"}},"spec":{spec}}}"#,
        minute + 1
    );
    Write { minute, bodies, ..PATCH }
}

pub(crate) fn created(minute: u32, spec: &str) -> Write {
    Write { verb: "create", code: 201, ..whole(minute, spec) }
}

/// A patch without its result.
pub(crate) fn asked(minute: u32, spec: &str) -> Write {
    Write { minute, bodies: format!(r#","requestObject":{{"spec":{spec}}}"#), ..PATCH }
}

pub(crate) fn scaled(minute: u32, replicas: u32) -> Write {
    let bodies = format!(
        r#","responseObject":{{"kind":"Scale","metadata":{{"uid":"u","resourceVersion":"{}"}},"spec":{{"replicas":{replicas}}}}}"#,
        minute + 1
    );
    Write { verb: "update", subresource: "scale", minute, bodies, ..PATCH }
}

pub(crate) fn deleted(minute: u32) -> Write {
    let bodies = r#","responseObject":{"kind":"Status","status":"Success","details":{"uid":"u"}}"#.to_owned();
    Write { verb: "delete", minute, bodies, ..PATCH }
}

/// Something of everything, over midnight.
pub(crate) fn history() -> Vec<Write> {
    vec![
        created(1, r#"{"replicas":1,"image":"x:1"}"#),
        whole(10, r#"{"replicas":1,"image":"x:2"}"#),
        asked(20, r#"{"paused":true}"#),
        asked(30, r#"{"paused":null,"replicas":3}"#),
        whole(50, r#"{"replicas":3,"image":"x:3"}"#),
        Write { minute: 55, ..PATCH },
        scaled(61, 5),
        whole(65, r#"{"replicas":5,"image":"x:3"}"#),
        Write { code: 403, minute: 66, ..PATCH },
        whole(70, r#"{"replicas":5,"image":"x:4"}"#),
        deleted(80),
        created(90, r#"{"replicas":1,"image":"x:5"}"#),
        whole(95, r#"{"replicas":2,"image":"x:5"}"#),
    ]
}

pub(crate) const TOLD: [&str; 13] = [
    "1 create exact",
    "10 update exact spec.image:\"x:1\"->\"x:2\"",
    "20 update patch spec.paused:null->true",
    "30 update patch spec.replicas:1->3 spec.paused:true->null",
    "50 update patch spec.image:\"x:2\"->\"x:3\"",
    "55 update unknown",
    "61 update exact unseen spec.replicas:3->5",
    "65 update patch unseen",
    "66 none exact",
    "70 update exact spec.image:\"x:3\"->\"x:4\"",
    "80 delete exact",
    "90 create exact",
    "95 update exact spec.replicas:1->2",
];

pub(crate) fn settings() -> IndexSettings {
    // Nothing is committed by time: the tests say when.
    IndexSettings {
        commit_interval: Duration::from_secs(3600),
        compact_after: Duration::ZERO,
        dedup_window: Duration::ZERO,
        retention: RetentionSettings::unlimited(),
        ..IndexSettings::default()
    }
}

pub(crate) fn post(sink: &mut dyn EventSink, records: &[String], offset: u64) {
    let received = Timestamp::parse("2026-11-25T00:00:00Z").unwrap();
    let origin =
        Arc::new(Origin { cluster: "demo".into(), source: "test".into(), via: Via::Webhook, received });
    let mut batch = BatchBuilder::new(origin);
    records.iter().for_each(|record| batch.push(record.as_bytes(), RecordFlags::default()));
    sink.write(&batch.finish(), Some(offset)).unwrap();
}

/// A new store whose sink was given the whole history at once.
pub(crate) fn with_history(dir: &Path) -> (Store, Box<dyn EventSink>) {
    let store = Store::open(dir, &settings(), &ActorRules::default()).unwrap();
    let mut sink = store.sink();
    let records: Vec<_> = history().iter().map(|write| write.json("web")).collect();
    post(sink.as_mut(), &records, 0);
    (store, sink)
}

pub(crate) fn events(store: &Store, query: &str) -> Vec<Event> {
    let mut events = Vec::new();
    let query = taffrail_query::parse(query, &TimeContext::utc(Timestamp::default())).unwrap();
    let mut each = |event: Option<Event>| {
        events.extend(event);
        ControlFlow::Continue(())
    };
    store.search().walk(&query, TimeRange::default(), &mut each).unwrap();
    events
}

/// Every write of the object in a line: its minute, and what it changed.
pub(crate) fn told(store: &Store, name: &str) -> Vec<String> {
    events(store, &format!("name:{name}")).iter().map(line).collect()
}

pub(crate) fn line(event: &Event) -> String {
    let start = Timestamp::parse("2026-11-23T23:00:00Z").unwrap().micros();
    let minute = (event.time.micros() - start) / 60_000_000;
    let change = event.change.as_ref().unwrap();
    let unseen = if change.unseen_before { " unseen" } else { "" };
    let mut line = format!("{minute} {} {}{unseen}", change.change_type.name(), change.confidence.name());
    if change.change_type.name() != "create" {
        for field in &change.fields {
            let value = |value: Option<&taffrail_event::change::JsonText>| {
                value.map_or("?".to_owned(), |value| value.as_json().to_owned())
            };
            line +=
                &format!(" {}:{}->{}", field.path, value(field.before.as_ref()), value(field.after.as_ref()));
        }
    }
    line
}
