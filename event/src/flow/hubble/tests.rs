use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::Context;
use super::*;
use crate::flow::{Direction, Endpoint};

/// A verdict that denies. Constructed after `flow.proto` of v1.19.
fn denied() -> Value {
    json!({"flow": {
        "time": "2026-08-20T14:05:42.100000001Z",
        "verdict": "DROPPED",
        "drop_reason": 181,
        "drop_reason_desc": "POLICY_DENY",
        "IP": {"source": "10.244.1.23", "destination": "10.244.2.40", "ipVersion": "IPv4"},
        "l4": {"TCP": {"source_port": 41000, "destination_port": 80, "flags": {"SYN": true}}},
        "source": {"ID": 423, "identity": 24753, "namespace": "default", "labels": ["k8s:app=attacker"], "pod_name": "attacker"},
        "destination": {"identity": 24075, "namespace": "vote", "labels": ["k8s:app=vote"], "pod_name": "vote-1",
            "workloads": [{"name": "vote", "kind": "Deployment"}]},
        "Type": "L3_L4",
        "node_name": "demo/worker-1",
        "event_type": {"type": 5},
        "traffic_direction": "EGRESS",
        "is_reply": false,
        "egress_denied_by": [{"name": "quarantine", "revision": "6", "kind": "CiliumClusterwideNetworkPolicy"}],
    }, "node_name": "demo/worker-1", "time": "2026-08-20T14:05:43Z"})
}

fn read(record: &Value) -> Result<FlowRecord, NotAFlow> {
    let context = Context { format: None, node: "", received: Timestamp::default(), started: None };
    FlowRecord::read(record.to_string().as_bytes(), &context)
}

/// A flow alone, with `members` beside a verdict and a time.
fn flow(members: &Value) -> Flow {
    let mut flow = json!({"time": "2026-08-20T14:05:42Z", "verdict": "DROPPED", "is_reply": null});
    for (key, value) in members.as_object().unwrap() {
        flow[key] = value.clone();
    }
    match read(&flow) {
        Ok(FlowRecord::Flow(flow)) => *flow,
        other => panic!("{members}: {other:?}"),
    }
}

#[test]
fn verdicts() {
    fn check(members: &Value, expected: Verdict, connections: Option<u64>) {
        let flow = flow(members);
        assert_eq!((flow.verdict, flow.connections), (expected, connections), "{members}");
    }
    check(&json!({}), Verdict::Denied, Some(1));
    check(&json!({"drop_reason_desc": "POLICY_DENIED"}), Verdict::Denied, Some(1));
    check(&json!({"drop_reason_desc": "AUTH_REQUIRED"}), Verdict::Denied, Some(1));
    check(&json!({"drop_reason": 133, "event_type": {"type": 1}}), Verdict::Denied, Some(1));
    check(&json!({"drop_reason_desc": 181}), Verdict::Denied, Some(1));
    check(&json!({"drop_reason_desc": "STALE_OR_UNROUTABLE_IP"}), Verdict::Error, None);
    check(&json!({"drop_reason": 203}), Verdict::Error, None);
    check(&json!({"drop_reason_desc": 250, "event_type": {"type": 5}}), Verdict::Error, Some(1));
    check(&json!({"event_type": {"type": 129}, "Type": "L7"}), Verdict::Denied, None);
    check(&json!({"l7": {"type": "REQUEST", "http": {"code": 403}}}), Verdict::Denied, None);
    check(&json!({"verdict": "FORWARDED", "event_type": {"type": 4, "sub_type": 3}}), Verdict::Allowed, None);
    check(&json!({"verdict": "FORWARDED"}), Verdict::Allowed, None);
    check(&json!({"verdict": "FORWARDED", "event_type": {"type": 5}}), Verdict::Allowed, Some(1));
    check(&json!({"verdict": "REDIRECTED", "event_type": {"type": 5}}), Verdict::Allowed, Some(1));
    check(&json!({"verdict": "AUDIT"}), Verdict::Audited, Some(1));
    check(&json!({"verdict": "ERROR"}), Verdict::Error, None);
    check(&json!({"verdict": "TRACED", "Type": "SOCK"}), Verdict::Observed, None);
    check(&json!({"verdict": 7}), Verdict::Observed, None);
    check(&json!({"verdict": "NEW_IN_1_30"}), Verdict::Unknown, None);
    check(&json!({"aggregate": {"egress_flow_count": 3, "ingress_flow_count": 2}}), Verdict::Denied, Some(5));
}

#[test]
fn who_opened_it() {
    fn check(members: &Value, expected: (&str, &str), is_reply: Option<bool>, direction: Direction) {
        let flow = flow(members);
        let text = |side: &Endpoint| format!("{}:{} {}", side.ip.unwrap(), side.port.unwrap_or(0), side.pod);
        let found = (text(&flow.source), text(&flow.destination));
        assert_eq!((found.0.as_str(), found.1.as_str()), expected, "{members}");
        assert_eq!((flow.is_reply, flow.direction), (is_reply, direction), "{members}");
    }
    let sides = |source: (&str, u16, &str), destination: (&str, u16, &str)| {
        json!({
            "verdict": "FORWARDED",
            "IP": {"source": source.0, "destination": destination.0},
            "l4": {"TCP": {"source_port": source.1, "destination_port": destination.1}},
            "source": {"pod_name": source.2},
            "destination": {"pod_name": destination.2},
        })
    };
    let with = |mut flow: Value, key: &str, value: Value| {
        flow[key] = value;
        flow
    };
    let (client, server) = (("10.0.0.1", 40_000, "client"), ("10.0.0.2", 80, "server"));
    let expected = ("10.0.0.1:40000 client", "10.0.0.2:80 server");
    let (there, back) = (sides(client, server), sides(server, client));
    check(&there, expected, None, Direction::Unknown);
    check(&with(there.clone(), "is_reply", json!(false)), expected, Some(false), Direction::Unknown);
    check(&with(there, "reply", json!(false)), expected, None, Direction::Unknown);
    check(&with(back.clone(), "reply", json!(true)), expected, Some(true), Direction::Unknown);
    let reverse = json!("SOCK_XLATE_POINT_POST_DIRECTION_REV");
    check(&with(back.clone(), "sock_xlate_point", reverse), expected, Some(true), Direction::Unknown);
    // The answer of a server is of a connection that came in to it, and Hubble says so.
    let answer = with(with(back, "is_reply", json!(true)), "traffic_direction", json!("INGRESS"));
    check(&answer, expected, Some(true), Direction::Ingress);
}

#[test]
fn whose_address_it_is() {
    fn check(ip: &str, known: &Value, expected: &str) {
        let flow = flow(&json!({"IP": {"source": ip}, "source": known}));
        let Endpoint { kind, namespace, pod, workload, labels, resolved_by, .. } = &flow.source;
        let found = format!("{kind:?} {namespace}/{pod} of {workload:?} {labels:?} {resolved_by:?}");
        assert_eq!(found, expected, "{known}");
    }
    check("10.0.0.1", &json!({}), r#"Private / of "" [] None"#);
    check("", &json!({}), r#"Unknown / of "" [] None"#);
    check("", &json!({"labels": ["reserved:world"]}), r#"Public / of "" ["reserved:world"] None"#);
    check("8.8.8.8", &json!({"identity": 2}), r#"Public / of "" [] None"#);
    check(
        "192.168.7.1",
        &json!({"labels": ["reserved:world-ipv4"]}),
        r#"Private / of "" ["reserved:world-ipv4"] None"#,
    );
    check("172.18.0.3", &json!({"labels": ["reserved:host"]}), r#"Host / of "" ["reserved:host"] None"#);
    check("172.18.0.3", &json!({"identity": 6}), r#"Host / of "" [] None"#);
    check(
        "172.18.0.2",
        &json!({"labels": ["reserved:kube-apiserver", "reserved:remote-node"]}),
        r#"Host / of "" ["reserved:kube-apiserver", "reserved:remote-node"] None"#,
    );
    check(
        "34.1.2.3",
        &json!({"labels": ["reserved:kube-apiserver", "reserved:world"]}),
        r#"Public / of "" ["reserved:kube-apiserver", "reserved:world"] None"#,
    );
    check(
        "10.0.0.1",
        &json!({"labels": ["k8s:app=vote", "k8s:io.kubernetes.pod.namespace=vote"]}),
        r#"Pod vote/ of "" ["app=vote", "io.kubernetes.pod.namespace=vote"] Record"#,
    );
    check(
        "10.0.0.1",
        &json!({"namespace": "vote", "pod_name": "vote-1", "workloads": [{"name": "vote"}, {"name": "other"}]}),
        r#"Pod vote/vote-1 of "vote" [] Record"#,
    );
}

#[test]
fn of_the_exporter() {
    fn check(record: &Value, expected: &str) {
        let found = match read(record) {
            Ok(FlowRecord::Flow(flow)) => format!("{} +{} s on {}", flow.start, flow.precision_s, flow.node),
            Ok(FlowRecord::Lost { from, to, lost, reason }) => format!("{lost:?} {from} {to} {reason}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{record}");
    }
    let event = |key: &str, value: Value| json!({key: value, "node_name": "worker-1", "time": "2026-08-20T14:06:11Z"});
    check(&denied(), "2026-08-20T14:05:42.100000Z +0 s on worker-1");
    check(&event("flow", json!({"verdict": "DROPPED"})), "2026-08-20T14:06:11.000000Z +0 s on worker-1");
    check(
        &event("flow", json!({"time": "2026-08-20T14:05:11Z", "aggregate": {"egress_flow_count": 2}})),
        "2026-08-20T14:05:11.000000Z +60 s on worker-1",
    );
    check(&event("flow", Value::Null), "a record of hubble.flow without flow");
    check(&event("flow", json!({})), "a record of hubble.flow without flow");
    check(&json!({"flow": {"verdict": "DROPPED", "IP": {}}}), "a record of hubble.flow without time");
    check(&json!({"flow": "login", "time": "2026-08-20T14:06:11Z"}), "no known format of flow records");
    check(&json!({"flow": {"verdict": "DROPPED"}}), "no known format of flow records");
    check(&json!({"verdict": "DROPPED", "time": "2026-08-20T14:06:11Z"}), "no known format of flow records");
    check(&event("node_status", json!({})), "a record of hubble.flow that is no flow: the state of a node");
    check(
        &event("debug_event", json!({})),
        "a record of hubble.flow that is no flow: an event for debugging",
    );
    let mut agent = event("agent_event", json!({"type": "AGENT_STARTED"}));
    agent["flow"] = Value::Null;
    agent["lost_events"] = Value::Null;
    check(&agent, "a record of hubble.flow that is no flow: an event of the agent");
    check(
        &event(
            "lost_events",
            json!({"source": "PERF_EVENT_RING_BUFFER", "num_events_lost": "7", "first": "2026-08-20T14:06:01Z", "last": "2026-08-20T14:06:09Z"}),
        ),
        "Some(7) 2026-08-20T14:06:01.000000Z 2026-08-20T14:06:09.000000Z the Cilium agent did not keep up with the events of the kernel",
    );
    check(
        &event("lost_events", json!({"source": 9})),
        "None 2026-08-20T14:06:11.000000Z 2026-08-20T14:06:11.000000Z Hubble lost events and does not say where",
    );
}

#[test]
fn services_and_names() {
    let names = json!({
        "verdict": "FORWARDED",
        "is_reply": true,
        "source_names": ["vote.example"],
        "source_service": {"name": "vote", "namespace": "vote"},
        "destination_service": {"name": "none"},
        "l4": {"ICMPv6": {"type": 129}},
    });
    let flow = flow(&names);
    assert_eq!(flow.destination.service, "vote/vote");
    assert_eq!(flow.destination.domain, ["vote.example"]);
    assert_eq!(flow.source.service, "");
    assert_eq!((flow.protocol.as_str(), flow.source.port, flow.destination.port), ("icmp6", None, None));
}

/// Pointers to every member of every object in `value`.
fn members(value: &Value, prefix: &str) -> Vec<String> {
    let members = value.as_object().into_iter().flatten();
    members
        .flat_map(|(key, value)| {
            let path = format!("{prefix}/{key}");
            let mut paths = self::members(value, &path);
            paths.push(path);
            paths
        })
        .collect()
}

proptest! {
    /// A field mask may take any members of the flow. What stays is read, and is taken for nothing else.
    #[test]
    fn a_field_mask_takes_any_members(taken: Vec<(prop::sample::Index, bool)>) {
        let mut record = denied();
        let paths = members(&record["flow"], "/flow");
        for (which, is_null) in taken {
            let (parent, key) = which.get(&paths).rsplit_once('/').unwrap();
            let Some(parent) = record.pointer_mut(parent).and_then(Value::as_object_mut) else { continue };
            if is_null {
                parent.insert(key.to_owned(), Value::Null);
            } else {
                parent.remove(key);
            }
        }
        match read(&record) {
            Ok(FlowRecord::Flow(flow)) => prop_assert_eq!(flow.format, Format::Hubble),
            Err(NotAFlow::Incomplete { missing, .. }) => prop_assert_eq!((missing, &record["flow"]), ("flow", &json!({}))),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
