//! What is missing to be sure, from the data themselves.

use std::collections::{BTreeSet, HashSet};

use taffrail_event::flow::{Aggregation, Clock, Flow, Format, Verdict};
use taffrail_query::quarantine::{PodFlows, PodLife};

use super::QuarantineBody;

/// One sentence for each thing that is missing: what it means, and what to do about it.
pub(super) fn advice(life: &PodLife, flows: &PodFlows, quarantines: &[QuarantineBody]) -> Vec<String> {
    let kinds = Kinds::of(flows);
    let has = |format: Format| kinds.any(|flow, _| flow.format == format);
    let has_lines = has(Format::CalicoLog) || has(Format::CalicoBpfLog);
    let is_record = |flow: &Flow| flow.precision_s > 0 || flow.format == Format::Hubble;
    let has_records = kinds.any(|flow, _| flow.dns.is_none() && is_record(flow));
    let merged = kinds.any(|flow, verdict| {
        verdict == Verdict::Allowed
            && matches!(flow.aggregation, Aggregation::PodPrefix | Aggregation::PodPrefixNoPorts)
    });
    let unnamed = kinds.any(|flow, verdict| verdict == Verdict::Denied && flow.policy.is_none());
    let no_names = kinds.any(|flow, verdict| verdict == Verdict::Denied && flow.destination.port == Some(53));
    let received = kinds.any(|flow, _| flow.clock == Clock::Received);
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
    .chain(of_containment(quarantines))
    .collect()
}

/// What cannot be said of the policies.
fn of_containment(quarantines: &[QuarantineBody]) -> BTreeSet<String> {
    let unknown = "no write of a network policy was recorded, so that what contains the pod is not known: it may be older than the records";
    let known = quarantines.iter().filter_map(|quarantine| quarantine.containment.as_ref());
    let mut advice: BTreeSet<String> = known.flat_map(|containment| containment.notes.clone()).collect();
    if quarantines.iter().any(|quarantine| quarantine.containment.is_none()) {
        advice.insert(unknown.to_owned());
    }
    advice
}

/// Groups of flows with the verdicts that there are in each.
struct Kinds<'f>(Vec<(&'f Flow, Verdict)>);

impl<'f> Kinds<'f> {
    fn of(flows: &'f PodFlows) -> Self {
        let seen: HashSet<(u32, Verdict)> =
            flows.flows.iter().map(|flow| (flow.group, flow.facts.verdict)).collect();
        let kind = |(group, verdict): (u32, Verdict)| Some((flows.groups.get(group as usize)?, verdict));
        Self(seen.into_iter().filter_map(kind).collect())
    }

    fn any(&self, is_one: impl Fn(&Flow, Verdict) -> bool) -> bool {
        self.0.iter().any(|(flow, verdict)| is_one(flow, *verdict))
    }
}
