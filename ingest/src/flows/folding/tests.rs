use std::sync::Arc;

use taffrail_config::RedactionSettings;
use taffrail_event::flow::StoredFlow;

use super::super::tests::origin;
use super::super::{FlowHints, FlowLines, LeftOut};
use super::*;
use crate::redact::Redactor;

/// One packet from this port to that one, so many microseconds after the first, in the form of a recorded line.
fn line(from: u16, to: u16, micros: u32) -> String {
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    format!(
        "2026-11-23T16:24:{seconds:02}.{micros:06}+00:00 node-1 kernel: calico-packet: IN=cali1 OUT=eth0 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=TCP SPT={from} DPT={to} SYN "
    )
}

/// The records that become of the lines when the batch is finished behind each of `cuts` lines: how many each stands for and
/// its length in microseconds.
fn check(fold: Duration, lines: &[String], cuts: &[usize], expected: &[(u32, i64)]) {
    let redactor = Redactor::new(&RedactionSettings::default(), &[7; 32]).unwrap();
    let hints = FlowHints::default();
    let mut flows = FlowLines::new(&redactor, None, &hints, fold);
    let origin = origin();
    let mut batch = BatchBuilder::new(Arc::new(origin.clone()));
    let (mut found, mut folded) = (Vec::new(), 0);
    let mut finish = |batch: &mut BatchBuilder| {
        for (record, _) in batch.finish().records() {
            let flow = StoredFlow::decode(&record).unwrap().flow;
            found.push((flow.folded.unwrap_or(1), flow.end.micros() - flow.start.micros()));
        }
    };
    for (at, line) in lines.iter().enumerate() {
        match flows.push(&mut batch, &origin, line.as_bytes(), 0) {
            Ok(()) => {}
            Err(LeftOut::Folded) => folded += 1,
            Err(other) => panic!("{other}"),
        }
        if cuts.contains(&(at + 1)) {
            finish(&mut batch);
        }
    }
    finish(&mut batch);
    assert_eq!(found, expected);
    assert_eq!(found.iter().map(|(records, _)| records).sum::<u32>(), lines.len() as u32);
    assert_eq!(found.len() + folded, lines.len());
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn alike_but_for_the_time() {
    let retries = [line(1, 80, 0), line(1, 80, 1_000_000), line(1, 80, 3_000_000)];
    check(MINUTE, &retries, &[], &[(3, 3_000_000)]);
    check(Duration::ZERO, &retries, &[], &[(1, 0), (1, 0), (1, 0)]);
    let others = [line(1, 80, 0), line(2, 80, 5), line(1, 443, 6), line(1, 80, 7)];
    check(MINUTE, &others, &[], &[(2, 7), (1, 0), (1, 0)]);
}

#[test]
fn no_further_apart_than_the_interval() {
    let lines = [line(1, 80, 0), line(1, 80, 999_999), line(1, 80, 1_000_000), line(1, 80, 1_500_000)];
    check(Duration::from_secs(1), &lines, &[], &[(2, 999_999), (2, 500_000)]);
    // What is older than the first of them is none of its followers.
    check(MINUTE, &[line(1, 80, 7), line(1, 80, 0)], &[], &[(1, 0), (1, 0)]);
}

#[test]
fn nothing_is_folded_into_a_batch_that_is_gone() {
    let lines = [line(1, 80, 0), line(1, 80, 1), line(1, 80, 2), line(1, 80, 3)];
    check(MINUTE, &lines, &[2], &[(2, 1), (2, 1)]);
}

#[test]
fn what_differs_in_more_than_its_time_stays() {
    let longer = line(1, 80, 1).replace("LEN=60", "LEN=61");
    let answer = line(1, 80, 2).replace("SYN", "ACK SYN");
    let elsewhere = line(1, 80, 3).replace("node-1", "node-2");
    check(MINUTE, &[line(1, 80, 0), longer, answer, elsewhere], &[], &[(1, 0); 4]);
}

#[test]
fn what_counts_an_interval_stays() {
    let record = r#"{"start_time":1795451090,"end_time":1795451100,"source_ip":"10.0.0.1","source_name":"a","source_name_aggr":"a","source_namespace":"x","source_port":null,"source_type":"wep","source_labels":null,"dest_ip":"10.0.0.2","dest_name":"b","dest_name_aggr":"b","dest_namespace":"x","dest_port":80,"dest_type":"wep","dest_labels":null,"proto":"tcp","action":"allow","reporter":"src","policies":null,"bytes_in":1,"bytes_out":1,"num_flows":1,"num_flows_started":1,"num_flows_completed":1,"packets_in":1,"packets_out":1,"host":"n"}"#;
    check(MINUTE, &[record.to_owned(), record.to_owned()], &[], &[(1, 10_000_000); 2]);
}
