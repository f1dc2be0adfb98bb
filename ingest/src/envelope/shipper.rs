//! Records of log shippers: Fluent Bit, Fluentd, Filebeat, Vector, container runtimes, and exports of what they stored.

use std::borrow::Cow;

use super::object::Object;
use super::payload::has_trace;
use super::{Around, Opener, Recipient};

/// Where the event is, as a string or as an object: Fluent Bit and Docker, Vector and Filebeat, Elastic's pipelines, OTel's
/// simple form, Elastic's integration for Kubernetes, OpenShift's forwarder, Fluent Bit with `Merge_Log_Key`, hits of Elasticsearch.
const PLACES: [&str; 8] = [
    "log",
    "message",
    "event.original",
    "body",
    "kubernetes.audit",
    "structured",
    "log_processed",
    "_source",
];

/// What a shipper adds. A record without anything of it may be somebody's document that has a `message` as well.
const SIGNS: [&str; 12] = [
    "stream",
    "time",
    "timestamp",
    "@timestamp",
    "date",
    "kubernetes",
    "source_type",
    "file",
    "host",
    "agent",
    "attributes",
    "_index",
];

/// Where the name of the API server may be: its pod, or its machine.
const API_SERVERS: [&str; 10] = [
    "kubernetes.pod_name",
    "kubernetes.pod.name",
    "resource.k8s.pod.name",
    "kubernetes.host",
    "kubernetes.node.name",
    "resource.k8s.node.name",
    "resource.host.name",
    "host.name",
    "hostname",
    "host",
];

impl<R: Recipient> Opener<'_, R> {
    pub(super) fn shipper(&mut self, record: &Object<'_>, around: &Around) -> Result<bool, R::Error> {
        let mut has_place = false;
        for place in PLACES {
            let Some(content) = record.at(place) else { continue };
            has_place = true;
            if has_trace(content) {
                let times = ["time", "timestamp", "@timestamp", "date"];
                let name = || API_SERVERS.iter().find_map(|path| record.text_at(path)).map(Cow::into_owned);
                let around = Around {
                    time: times.iter().find_map(|key| record.time(key)).or(around.time),
                    api_server: around.api_server.clone().or_else(name),
                    ..around.within("a record of a log shipper")
                };
                self.content(content, &around)?;
                return Ok(true);
            }
        }
        let is_known = has_place && SIGNS.iter().any(|sign| record.has(sign));
        if is_known {
            self.recipient.skipped();
        }
        Ok(is_known)
    }
}
