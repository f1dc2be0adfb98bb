//! Names under which a pod looked addresses up, from the DNS log.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use taffrail_event::Timestamp;
use taffrail_event::flow::Flow;

/// An answer older than this says nothing: a DNS log does not say how long the answer held, and addresses of the internet change hands.
pub const MAX_AGE_MICROS: i64 = 3_600_000_000;

/// Answers that one pod got. Takes them in any order.
#[derive(Debug, Default)]
pub struct LookedUp {
    by_ip: HashMap<IpAddr, Vec<Answer>>,
}

#[derive(Debug)]
struct Answer {
    name: String,
    start: Timestamp,
    end: Timestamp,
}

impl LookedUp {
    /// Takes a flow of the pod; what is no answer of a name server says nothing.
    pub fn take(&mut self, flow: &Flow) {
        let Some(dns) = &flow.dns else { return };
        let name = dns.query.trim_end_matches('.');
        if name.is_empty() {
            return;
        }
        for ip in dns.answers.iter().filter_map(|answer| answer.parse::<IpAddr>().ok()) {
            let answer = Answer { name: name.to_owned(), start: flow.start, end: flow.end };
            self.by_ip.entry(ip.to_canonical()).or_default().push(answer);
        }
    }

    /// Whether there was any answer.
    pub fn is_empty(&self) -> bool {
        self.by_ip.is_empty()
    }

    /// What the pod last looked the address up as, before it spoke to it. Several names of one interval are all given; records of
    /// intervals do not say which was first. Where a look-up and a connection share an interval the look-up came first.
    pub fn names(&self, ip: IpAddr, start: Timestamp, end: Timestamp) -> Vec<String> {
        let answers = self.by_ip.get(&ip).map(Vec::as_slice).unwrap_or_default();
        let is_recent = |answer: &&Answer| {
            answer.start <= end && start.micros().saturating_sub(answer.end.micros()) <= MAX_AGE_MICROS
        };
        let begun = answers.iter().filter(is_recent).map(|answer| answer.start);
        let before = begun.clone().filter(|begun| *begun <= start).max();
        let Some(last) = before.or_else(|| begun.min()) else { return Vec::new() };
        let then = answers.iter().filter(is_recent).filter(|answer| answer.start == last);
        let names: BTreeSet<&String> = then.map(|answer| &answer.name).collect();
        names.into_iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use taffrail_event::flow::{Context, FlowRecord};

    use super::*;

    fn looked_up(second: i64, name: &str, address: &str) -> Flow {
        let [start, end] = [second, second + 15].map(|second| Timestamp::from_micros(second * 1_000_000));
        let record = format!(
            r#"{{"start_time":"{start}","end_time":"{end}","type":"log","count":1,"client_name":"a","client_name_aggr":"a","client_namespace":"default","qname":"{name}","qtype":"A","rcode":"NoError","rrsets":[{{"name":"{name}","type":"A","rdata":["{address}"]}}]}}"#
        );
        let context = Context { format: None, node: "", received: Timestamp::default(), started: None };
        match FlowRecord::read(record.as_bytes(), &context).unwrap() {
            FlowRecord::Flow(flow) => *flow,
            lost => panic!("{lost:?}"),
        }
    }

    #[test]
    fn the_last_name_before() {
        let answers = [
            looked_up(1000, "old.example.com", "192.0.2.1"),
            looked_up(2000, "new.example.com.", "192.0.2.1"),
            looked_up(2000, "also.example.com", "192.0.2.2"),
            looked_up(2000, "else.example.com", "192.0.2.2"),
        ];
        let mut names = LookedUp::default();
        answers.iter().rev().for_each(|flow| names.take(flow));
        let check = |ip: &str, start: i64, end: i64, expected: &[&str]| {
            let [start, end] = [start, end].map(|second| Timestamp::from_micros(second * 1_000_000));
            assert_eq!(names.names(ip.parse().unwrap(), start, end), expected, "{ip} {start}");
        };
        check("192.0.2.1", 1500, 1500, &["old.example.com"]);
        check("192.0.2.1", 2003, 2003, &["new.example.com"]);
        check("192.0.2.1", 9000, 9000, &[]);
        check("192.0.2.1", 900, 900, &[]);
        // Within one interval.
        check("192.0.2.1", 995, 1010, &["old.example.com"]);
        check("192.0.2.1", 2000, 2015, &["new.example.com"]);
        check("192.0.2.2", 2100, 2115, &["also.example.com", "else.example.com"]);
        check("192.0.2.9", 2100, 2115, &[]);
    }
}
