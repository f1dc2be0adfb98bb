use std::fs;
use std::path::Path;

use proptest::prelude::*;
use taffrail_event::flow::{Context, FlowFacts, FlowRecord};

use super::*;

/// The flows of the recorded quarantine (kernel lines) and those that were constructed beside them.
fn story(name: &str) -> Vec<Flow> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/story").join(name);
    let context = Context { format: None, node: "node-1", received: Timestamp::default(), started: None };
    let text = fs::read_to_string(path).unwrap();
    let flow = |line: &str| match FlowRecord::read(line.as_bytes(), &context).unwrap() {
        FlowRecord::Flow(flow) => *flow,
        FlowRecord::Lost { .. } => panic!("nothing was lost"),
    };
    text.lines().map(flow).collect()
}

/// Peer, port and direction, and how many were allowed, denied and observed.
fn told<'f>(flows: impl IntoIterator<Item = &'f Flow>) -> Vec<String> {
    let groups: Vec<Flow> = flows.into_iter().cloned().collect();
    let mut told: Vec<PodFlow> = (0..)
        .zip(&groups)
        .map(|(group, flow)| PodFlow {
            group,
            side: if flow.source.ip == "10.244.1.4".parse().ok() { Side::Source } else { Side::Destination },
            start: flow.start,
            end: flow.end,
            facts: FlowFacts::of(flow),
            effective_verdict: flow.verdict,
            decided_by: group,
        })
        .collect();
    let mut told: Vec<String> = attempts(&groups, &mut told)
        .iter()
        .map(|attempt| {
            let Attempt { peer, port, direction, allowed, denied, observed, .. } = attempt;
            let (ip, port) = (peer.ip.unwrap(), port.unwrap());
            format!("{direction:?} {ip}:{port} {} {allowed}+{denied}+{observed}", peer.pod)
        })
        .collect();
    told.sort();
    told
}

const TRUTH: [&str; 4] = [
    "Egress 10.244.1.3:80 vote-ff69c7947-kmqdm 2+1+0",
    "Egress 10.96.0.1:443  2+1+0",
    "Egress 34.223.124.45:80  2+1+0",
    "Ingress 10.244.1.3:8080 vote-ff69c7947-kmqdm 2+1+0",
];

#[test]
fn the_story_has_twelve_attempts() {
    let (kernel, exported) = (story("kern.log"), story("flows.jsonl"));
    assert_eq!(told(kernel.iter().chain(&exported)), TRUTH);
    assert_eq!(told(&exported), TRUTH);
    // Two packets of each are one attempt, and nobody says what became of it.
    assert_eq!(
        told(&kernel),
        [
            "Egress 10.244.1.3:80  0+0+1",
            "Egress 10.96.0.1:443  0+0+1",
            "Egress 34.223.124.45:80  0+0+1",
            "Ingress 10.244.1.3:8080  0+0+1",
        ]
    );
}

#[test]
fn one_reporter_is_enough() {
    let exported = story("flows.jsonl");
    let of = |reporter| exported.iter().filter(move |flow| flow.reporter == reporter);
    assert_eq!(told(of(Reporter::Destination))[1], "Ingress 10.244.1.3:8080 vote-ff69c7947-kmqdm 2+1+0");
    // The sender let it pass: only the receiver knows better.
    assert_eq!(told(of(Reporter::Source))[3], "Ingress 10.244.1.3:8080 vote-ff69c7947-kmqdm 3+0+0");
}

#[test]
fn intervals_that_overlap_are_one_connection() {
    let mut shifted = story("flows.jsonl");
    for flow in shifted.iter_mut().filter(|flow| flow.reporter == Reporter::Destination) {
        (flow.start, flow.end) = (flow.start.plus_micros(4_000_000), flow.end.plus_micros(4_000_000));
    }
    assert_eq!(told(&shifted), TRUTH);
}

#[test]
fn an_open_connection_is_no_attempt() {
    let mut flow = story("flows.jsonl").remove(0);
    flow.connections_started = Some(0);
    assert_eq!(told([&flow]), Vec::<String>::new());
}

proptest! {
    #[test]
    fn order_does_not_matter(order in Just((0..25_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let flows: Vec<Flow> = story("kern.log").into_iter().chain(story("flows.jsonl")).collect();
        prop_assert_eq!(told(order.iter().map(|at| &flows[*at])), TRUTH);
    }
}
