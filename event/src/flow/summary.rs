//! One line per flow as a colleague would say it: who, to whom, and what became of it.

use std::fmt::Write;

use super::{Dns, Flow, Policy, Verdict};
use crate::summary::{MAX_SUMMARY_BYTES, one_line};

impl Flow {
    /// One line in plain words.
    pub fn summary(&self) -> String {
        let line = match &self.dns {
            Some(dns) => asked(self, dns),
            None => spoke(self),
        };
        let times = self.folded.map(|records| format!(" ({records} times)")).unwrap_or_default();
        one_line(&format!("{line}{times}"), MAX_SUMMARY_BYTES)
    }
}

fn spoke(flow: &Flow) -> String {
    let called = flow.destination.in_words();
    let mut line = format!("{} to {called}", flow.source.in_words());
    if let Some(port) = flow.destination.port {
        // An address of IPv6 is full of colons.
        let is_bare = called.parse::<std::net::Ipv6Addr>().is_ok();
        let written = if is_bare { write!(line, " port {port}") } else { write!(line, ":{port}") };
        written.ok();
    }
    if !flow.protocol.is_empty() {
        write!(line, " over {}", flow.protocol).ok();
    }
    line.push_str(": ");
    line.push_str(&became(flow));
    line
}

fn became(flow: &Flow) -> String {
    let policy = flow.policy.as_ref().filter(|policy| !policy.is_profile()).map(Policy::full_name);
    let by = policy.as_ref().map(|policy| format!(" by {policy}")).unwrap_or_default();
    let told = match flow.effective_verdict {
        Verdict::Allowed => format!("allowed{by}"),
        Verdict::Denied => format!("denied{by}"),
        Verdict::Rejected => format!("rejected{by}"),
        Verdict::Observed => match policy {
            Some(policy) => format!("seen by the log rule of {policy}"),
            None => "seen by a log rule".to_owned(),
        },
        Verdict::Audited => format!("allowed, as a policy on trial would not{by}"),
        Verdict::Error => "lost on the way".to_owned(),
        Verdict::Unknown => "nobody says what became of it".to_owned(),
    };
    match flow.pending_verdict.filter(|pending| *pending != flow.effective_verdict) {
        Some(Verdict::Denied) => format!("{told}, a new connection would be denied"),
        Some(Verdict::Allowed) => format!("{told}, a new connection would be allowed"),
        _ => told,
    }
}

fn asked(flow: &Flow, dns: &Dns) -> String {
    let Dns { query, query_type, rcode, answers, .. } = dns;
    let answer = match (answers.is_empty(), rcode.as_str()) {
        (false, _) => format!(": {}", answers.join(", ")),
        (true, "" | "NoError") => String::new(),
        (true, rcode) => format!(": {rcode}"),
    };
    let kind = if query_type.is_empty() { String::new() } else { format!(" ({query_type})") };
    format!("{} looked up {query}{kind}{answer}", flow.source.in_words())
}

#[cfg(test)]
mod tests {
    use super::super::{Context, FlowRecord};
    use crate::time::Timestamp;

    fn check(record: &str, expected: &str) {
        let context = Context { format: None, node: "", received: Timestamp::default(), started: None };
        let FlowRecord::Flow(flow) = FlowRecord::read(record.as_bytes(), &context).unwrap() else {
            panic!("{record}: lost");
        };
        assert_eq!(flow.summary(), expected);
    }

    #[test]
    fn kernel_lines() {
        check(
            "calico-packet: IN=cali1 OUT=eth0 SRC=10.244.1.4 DST=34.223.124.45 LEN=60 PROTO=TCP SPT=1 DPT=80 SYN ",
            "10.244.1.4 to 34.223.124.45:80 over tcp: seen by a log rule",
        );
        check(
            "c gnp:security.quarantine: IN=cali1 OUT=eth0 SRC=fd00::1 DST=2001:db8::53 LEN=60 PROTO=UDP SPT=1 DPT=53 ",
            "fd00::1 to 2001:db8::53 port 53 over udp: seen by the log rule of security.quarantine",
        );
    }

    #[test]
    fn exported_flows() {
        let record = |rest: &str| {
            format!(
                r#"{{"start_time":1,"end_time":2,"source_type":"wep","source_name":"-","source_name_aggr":"web-*","source_namespace":"shop","dest_type":"net","dest_name_aggr":"pub","source_name_":"","reporter":"src","proto":"tcp","dest_port":443,{rest}}}"#
            )
        };
        check(
            &record(
                r#""action":"deny","policies":{"enforced_policies":["0|security|gnp:security.quarantine|deny|1"]}"#,
            ),
            "pods of shop/web to the internet:443 over tcp: denied by security.quarantine",
        );
        check(
            &record(
                r#""action":"allow","policies":{"enforced_policies":["0|__PROFILE__|pro:kns.shop|allow|0"],"pending_policies":["0|security|gnp:security.quarantine|deny|1"]}"#,
            ),
            "pods of shop/web to the internet:443 over tcp: allowed, a new connection would be denied",
        );
    }
}
