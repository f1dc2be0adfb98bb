//! Every record in `samples/flows` as one flow, so that a person can read and correct it: `flows.txt`.
//!
//! With `UPDATE=1` the table is written anew. Then read what became of it: it is the claim, not the program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod table;

use std::fmt::Write;
use std::fs;

use serde_json::Value;
use taffrail_event::Timestamp;
use taffrail_event::flow::{Context, Endpoint, Flow, FlowRecord, NotAFlow, Recognised};

#[test]
fn records_are_read_as_the_table_says() {
    table::check("flows.txt", &blocks());
}

/// Every record, with the file that it stands in and its place there.
fn records() -> Vec<(String, Vec<u8>)> {
    let files = table::files("../samples/flows");
    let mut records = Vec::new();
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let is_whole = file.extension().is_some_and(|extension| extension == "json");
        let lines = bytes.split(|byte| *byte == b'\n' && !is_whole).filter(|line| !line.is_empty());
        let name = file.file_name().unwrap().to_str().unwrap();
        records.extend(lines.zip(1..).map(|(line, place)| (format!("{name} {place}"), line.to_vec())));
    }
    records
}

/// The files are of nodes that say when and where they wrote, but for the dump of `/dev/kmsg` and the trace pipe.
fn context() -> Context<'static> {
    let received = Timestamp::parse("2026-08-21T00:00:00Z").unwrap();
    Context { format: None, node: "", received, started: None }
}

/// A block for each record, in the order of the files' names.
fn blocks() -> String {
    records().into_iter().map(|(name, record)| block(&name, &record)).collect()
}

fn block(name: &str, record: &[u8]) -> String {
    let mut out = format!("\n{name}\n");
    match FlowRecord::read(record, &context()) {
        Ok(FlowRecord::Flow(flow)) => tell(&flow, &mut out),
        Ok(FlowRecord::Lost { from, to, lost, reason }) => {
            writeln!(out, "  lost {lost:?} from {from} to {to}: {reason}").unwrap();
        }
        Err(error) => writeln!(out, "  {error}").unwrap(),
    }
    out
}

fn tell(flow: &Flow, out: &mut String) {
    let Flow { verdict, reporter, direction, protocol, format, aggregation, .. } = flow;
    let protocol = if protocol.is_empty() { "?" } else { protocol };
    writeln!(out, "  {} {verdict:?} {protocol}, {direction:?} by {reporter:?}", format.name()).unwrap();
    let number = |number: Option<u64>| number.map_or("?".to_owned(), |number| number.to_string());
    writeln!(
        out,
        "  {} +{} s by {:?}, {} connections, {} started, {} completed, merged {aggregation:?}, node {:?}",
        flow.start,
        flow.precision_s,
        flow.clock,
        number(flow.connections),
        number(flow.connections_started),
        number(flow.connections_completed),
        flow.node,
    )
    .unwrap();
    side("source", &flow.source, out);
    side("destination", &flow.destination, out);
    if let Some(policy) = &flow.policy {
        let default = if policy.is_tier_default { ", default of the tier" } else { "" };
        let rule = policy.rule.map_or("?".to_owned(), |rule| rule.to_string());
        writeln!(
            out,
            "  policy {:?} in {} {}/{} {:?}, rule {rule}{default}, of {} asked",
            policy.kind,
            policy.tier,
            policy.namespace,
            policy.name,
            policy.action,
            policy.trace.len(),
        )
        .unwrap();
    }
    if let Some(is_reply) = flow.is_reply {
        writeln!(out, "  {}", if is_reply { "an answer" } else { "no answer" }).unwrap();
    }
    if flow.pending_verdict.is_some_and(|pending| pending != *verdict) {
        writeln!(out, "  would now be {:?}", flow.pending_verdict.unwrap()).unwrap();
    }
    if let Some(dns) = &flow.dns {
        writeln!(
            out,
            "  asked {} for {} {} times: {} {:?}",
            dns.query_type,
            dns.query,
            number(dns.count),
            dns.rcode,
            dns.answers
        )
        .unwrap();
    }
}

fn side(name: &str, side: &Endpoint, out: &mut String) {
    let ip = side.ip.map_or("?".to_owned(), |ip| ip.to_string());
    let port = side.port.map_or("?".to_owned(), |port| port.to_string());
    write!(out, "  {name} {:?} {ip}:{port}", side.kind).unwrap();
    for (what, text) in [
        ("in", &side.namespace),
        ("pod", &side.pod),
        ("workload", &side.workload),
        ("service", &side.service),
    ] {
        if !text.is_empty() {
            write!(out, " {what} {text}").unwrap();
        }
    }
    for list in [&side.domain, &side.labels] {
        if !list.is_empty() {
            write!(out, " {list:?}").unwrap();
        }
    }
    for (what, sent) in [("B", side.bytes), ("packets", side.packets)] {
        if let Some(sent) = sent {
            write!(out, ", sent {sent} {what}").unwrap();
        }
    }
    writeln!(out).unwrap();
}

/// By these alone a record is known for what it is.
const MARKS: [&str; 5] = ["/Key", "/flow", "/flow/Key", "/MESSAGE", "/_TRANSPORT"];

#[test]
fn any_member_may_be_null_missing_or_new() {
    for (name, record) in records() {
        // The table has the formats that are text.
        let Ok(value) = serde_json::from_slice::<Value>(&record) else { continue };
        let whole = FlowRecord::read(&record, &context());
        let mut more = value.clone();
        more.as_object_mut().unwrap().insert("brand_new".to_owned(), serde_json::json!({"a": [null, {}]}));
        assert_eq!(read(&more), whole, "{name}");
        for path in members(&value, "") {
            for replacement in [Value::Null, Value::from("-"), serde_json::json!({}), serde_json::json!([[]])]
            {
                let mut changed = value.clone();
                *changed.pointer_mut(&path).unwrap() = replacement;
                // Neither panics nor takes it for something else.
                match read(&changed) {
                    Ok(FlowRecord::Flow(flow)) => assert!(name.starts_with(&file_of(&flow)), "{name} {path}"),
                    Ok(FlowRecord::Lost { .. }) => {
                        assert!(
                            matches!(whole, Ok(FlowRecord::Lost { .. })),
                            "{name} {path}: nothing was lost"
                        )
                    }
                    Err(NotAFlow::Incomplete { missing, .. }) => {
                        assert!(path.ends_with(missing), "{name} {path}")
                    }
                    Err(NotAFlow::Unknown | NotAFlow::Other { .. }) if MARKS.contains(&path.as_str()) => {}
                    Err(NotAFlow::Unknown) => assert!(whole.is_err(), "{name} {path}"),
                    Err(other) => assert_eq!(Err(other), whole, "{name} {path}"),
                }
            }
        }
    }
}

/// As it is read, and as it is recognised on arrival, which must agree.
fn read(value: &Value) -> Result<FlowRecord, NotAFlow> {
    let record = value.to_string();
    let read = FlowRecord::read(record.as_bytes(), &context());
    match (FlowRecord::recognise(record.as_bytes(), &context()), &read) {
        (Ok(Recognised::Flow(format)), Ok(FlowRecord::Flow(flow))) => {
            assert_eq!(format, flow.format, "{record}")
        }
        (Ok(Recognised::Read(found)), Ok(read)) => assert_eq!(&found, read),
        (Err(found), Err(read)) => assert_eq!(&found, read),
        (found, read) => panic!("{record}: recognised as {found:?}, read as {read:?}"),
    }
    read
}

/// What the names of the files with records of this format begin with.
fn file_of(flow: &Flow) -> String {
    match flow.format.name() {
        "calico.flow" => "calico-enterprise".to_owned(),
        "calico.dns" => "calico-dns".to_owned(),
        "calico.log" => "calico-log".to_owned(),
        "hubble.flow" => "hubble".to_owned(),
        _ => "goldmane".to_owned(),
    }
}

/// Pointers to every member of every object in `value`.
fn members(value: &Value, prefix: &str) -> Vec<String> {
    let Some(object) = value.as_object() else { return Vec::new() };
    let paths = object.iter().flat_map(|(key, value)| {
        let path = format!("{prefix}/{}", key.replace('~', "~0").replace('/', "~1"));
        let mut paths = members(value, &path);
        paths.push(path);
        paths
    });
    paths.collect()
}
