use std::fs;
use std::path::Path;

use proptest::prelude::*;
use taffrail_event::flow::{Context, FlowRecord};

use super::*;

/// The flows of the recorded quarantine (kernel lines) and those that were constructed beside them.
fn story() -> Vec<Flow> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/story");
    let context = Context { format: None, node: "node-1", received: Timestamp::default(), started: None };
    let texts = ["kern.log", "flows.jsonl"].map(|name| fs::read_to_string(folder.join(name)).unwrap());
    let flow = |line: &str| match FlowRecord::read(line.as_bytes(), &context).unwrap() {
        FlowRecord::Flow(flow) => *flow,
        FlowRecord::Lost { .. } => panic!("nothing was lost"),
    };
    texts.iter().flat_map(|text| text.lines().map(flow)).collect()
}

fn attacker() -> ObjectName {
    ObjectName {
        cluster: "prod".to_owned(),
        group: String::new(),
        resource: "pods".to_owned(),
        namespace: "default".to_owned(),
        name: "attacker".to_owned(),
    }
}

fn of_pod(flows: Vec<Flow>) -> PodFlows {
    let address = Address { ip: "10.244.1.4".parse().unwrap(), from: Timestamp::from_micros(0), to: None };
    let found: Vec<FoundFlow> = (0..)
        .zip(&flows)
        .map(|(group, flow)| FoundFlow {
            group,
            start: flow.start,
            end: flow.end,
            facts: FlowFacts::of(flow),
        })
        .collect();
    PodFlows::of(&attacker(), &[address], flows, found)
}

/// Verdict as reported and after linking, and the policy, of each flow; sorted.
fn linked(flows: Vec<Flow>) -> Vec<String> {
    let mut flows = of_pod(flows);
    flows.link();
    let told = |flow: &PodFlow| {
        let policy = flows.policy(flow).map(Policy::full_name).unwrap_or_default();
        format!("{:?} {:?} {policy}", flow.facts.verdict, flow.effective_verdict)
    };
    let mut told: Vec<String> = flows.flows.iter().map(told).collect();
    told.sort();
    told
}

#[test]
fn whoever_denies_is_right() {
    let told = linked(story());
    let count = |text: &str| told.iter().filter(|told| told.starts_with(text)).count();
    assert_eq!(told.len(), 25);
    // Eight packets and four records of the receiver or sender that denied, and the sender that let one pass.
    assert_eq!(count("Observed Denied security.quarantine"), 8, "{told:#?}");
    assert_eq!(count("Denied Denied security.quarantine"), 4, "{told:#?}");
    assert_eq!(count("Allowed Denied security.quarantine"), 1, "{told:#?}");
    assert_eq!(count("Allowed Allowed"), 12, "{told:#?}");
}

#[test]
fn a_packet_without_a_record_stays_undecided() {
    let lines: Vec<Flow> = story().into_iter().filter(|flow| flow.precision_s == 0).collect();
    assert!(linked(lines).iter().all(|told| told.starts_with("Observed Observed")));
}

#[test]
fn an_address_counts_while_the_pod_has_it() {
    let flows = story();
    let last = flows.iter().map(|flow| flow.end).max().unwrap();
    let later = Address { ip: "10.244.1.4".parse().unwrap(), from: last.plus_micros(1), to: None };
    let line =
        flows.into_iter().find(|flow| flow.source.pod.is_empty() && flow.destination.pod.is_empty()).unwrap();
    let found = FoundFlow { group: 0, start: line.start, end: line.end, facts: FlowFacts::of(&line) };
    assert_eq!(PodFlows::of(&attacker(), &[later], vec![line], [found]).flows, []);
}

proptest! {
    #[test]
    fn order_does_not_matter(order in Just((0..25_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let flows = story();
        let shuffled = order.iter().map(|at| flows[*at].clone()).collect();
        prop_assert_eq!(linked(shuffled), linked(flows));
    }
}
