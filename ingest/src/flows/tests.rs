use taffrail_config::RedactionSettings;
use taffrail_event::Via;
use taffrail_event::flow::StoredFlow;

use super::*;

const RFC3339: &str = "2026-11-23T16:24:55.825514+00:00 node-1 kernel: calico-packet: IN=cali1 OUT=eth0 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=TCP SPT=1 DPT=80 SYN ";
const OLD: &str = "Nov 23 16:24:55 node-1 kernel: calico-packet: IN=cali1 OUT=eth0 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=TCP SPT=1 DPT=80 SYN ";

/// Of a sender of flows.
pub(super) fn origin() -> Origin {
    Origin {
        cluster: "prod".into(),
        source: "flows".into(),
        via: Via::Webhook,
        received: Timestamp::parse("2026-11-28T00:00:00Z").unwrap(),
    }
}

/// The record that becomes of the line, in the batch of a file in which it stands at 700.
fn pushed(line: &str) -> Result<(Vec<u8>, RecordFlags), LeftOut> {
    let redactor = Redactor::new(&RedactionSettings::default(), &[7; 32]).unwrap();
    let hints = FlowHints { node: "node-9".into(), offset: Some(500), ..FlowHints::default() };
    let mut lines = FlowLines::new(&redactor, None, &hints, Duration::ZERO);
    let origin = origin();
    let mut batch = BatchBuilder::new(Arc::new(origin.clone()));
    lines.push(&mut batch, &origin, line.as_bytes(), 200)?;
    let (bytes, flags) = batch.finish().record(0).unwrap();
    Ok((bytes.to_vec(), flags))
}

#[test]
fn a_line_is_a_record() {
    let (record, flags) = pushed(RFC3339).unwrap();
    assert_eq!(flags, RecordFlags::FLOW);
    let stored = StoredFlow::decode(&record).unwrap();
    assert_eq!((stored.flow.node.as_str(), stored.raw), ("node-1", RFC3339.trim_end().as_bytes()));
}

#[test]
fn only_a_coarse_time_needs_the_place() {
    fn check(line: &str, is_there: bool) {
        let (record, _) = pushed(line).unwrap();
        let head = String::from_utf8_lossy(&record).lines().next().unwrap().to_owned();
        assert_eq!(head.ends_with(" 700"), is_there, "{head}");
    }
    check(RFC3339, false);
    check(OLD, true);
    check("calico-packet: IN=cali1 OUT=eth0 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=UDP SPT=1 DPT=53 ", true);
}

#[test]
fn lost_flows_are_a_gap() {
    let line = r#"{"lost_events":{"source":"HUBBLE_RING_BUFFER","num_events_lost":"1200"},"node_name":"a","time":"2026-08-20T14:06:11Z"}"#;
    let (record, flags) = pushed(line).unwrap();
    let gap = Gap::decode(&record).unwrap();
    assert_eq!((flags, gap.lost, gap.cluster.as_str()), (RecordFlags::GAP, Some(1200), "prod"));
    assert!(gap.to > gap.from);
}

#[test]
fn what_is_left_out() {
    fn check(line: &str, expected: &str) {
        assert_eq!(pushed(line).unwrap_err().to_string(), expected, "{line}");
    }
    check("", "it is no flow");
    check(" SUBSYSTEM=net", "it is no flow");
    check("2026-11-23T16:24:55.825514+00:00 node-1 kernel: eth0: link up", "it is no flow");
    check("nonsense", "no known format of flow records");
    check(r#"{"a":1}"#, "no known format of flow records");
    check(
        "2 123456789010 eni-1235b8ca123456789 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 REJECT OK",
        "a record of aws.vpc, a format that this release does not read yet",
    );
    check(
        "calico token=IN=cali1 OUT=eth0 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=UDP SPT=1 DPT=53 ",
        "a flow that cannot be read once its secrets are masked",
    );
    check(&"x".repeat(MAX_LINE_BYTES + 1), "a line of more than 1048576 bytes");
}

#[test]
fn files_of_flows_are_told_from_others() {
    fn check(beginning: &str, expected: bool) {
        assert_eq!(are_flows(beginning.as_bytes()), expected, "{beginning}");
    }
    check(RFC3339, true);
    check(&format!("2026-11-23T16:24:55.825514+00:00 node-1 kernel: eth0: link up\n{RFC3339}"), true);
    check(r#"{"auditID":"a","stage":"ResponseComplete","verb":"get"}"#, false);
    check(r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"auditID":"a"}]}"#, false);
    check("", false);
}
