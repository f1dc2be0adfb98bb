//! What is missing to be sure, from the data themselves.

use taffrail_event::flow::{Aggregation, Clock, Flow, Format, Verdict};
use taffrail_query::quarantine::PodLife;

use super::pod_flows::PodFlows;

/// One sentence for each thing that is missing: what it means, and what to do about it.
pub(super) fn advice(life: &PodLife, flows: &PodFlows) -> Vec<String> {
    let has = |format: Format| flows.flows().any(|flow| flow.format == format);
    let has_lines = has(Format::CalicoLog) || has(Format::CalicoBpfLog);
    let is_record = |flow: &Flow| flow.precision_s > 0 || flow.format == Format::Hubble;
    let has_records = flows.flows().any(|flow| flow.dns.is_none() && is_record(flow));
    let is_allowed = |verdict| verdict == Verdict::Allowed;
    let merged = flows.flows().any(|flow| {
        is_allowed(flow.verdict)
            && matches!(flow.aggregation, Aggregation::PodPrefix | Aggregation::PodPrefixNoPorts)
    });
    let unnamed = flows.flows().any(|flow| flow.verdict == Verdict::Denied && flow.policy.is_none());
    let no_names =
        flows.flows().any(|flow| flow.verdict == Verdict::Denied && flow.destination.port == Some(53));
    let received = flows.flows().any(|flow| flow.clock == Clock::Received);
    [
        (
            !life.is_known(),
            "some writes of the pod were recorded without its content, so that the label may have been set or removed unseen: audit pods at level Request or RequestResponse",
        ),
        (
            life.addresses().is_empty(),
            "the pod's addresses are not known, so that lines which name only addresses are not attributed to it: audit patches of pods/status at level Request or RequestResponse",
        ),
        (
            !has_lines,
            "no kernel log lines of this pod were received, so that exact times and source ports of attempts are not known: send the nodes' kernel logs, and check that the policy logs before it denies",
        ),
        (
            !has_records,
            "no flow records of this pod were received, so that verdicts, policies and what was allowed are not known: send the flow logs of the network plugin",
        ),
        (
            merged,
            "allowed flows are merged per controller, so that those of this pod are not told from those of its siblings: set flowLogsFileAggregationKindForAllowed to 1",
        ),
        (
            unnamed,
            "some denied flows name no policy: include policies in flow logs, or deny by explicit rules",
        ),
        (
            no_names,
            "name lookups of the pod are denied, so that it does not get as far as the targets it meant: what it looked up is in the DNS log only",
        ),
        (
            received,
            "some lines say no usable time and stand at their arrival: say when the node was started (node_started), or send them through syslog or journald",
        ),
    ]
    .into_iter()
    .filter(|(is_missing, _)| *is_missing)
    .map(|(_, advice)| advice.to_owned())
    .collect()
}
