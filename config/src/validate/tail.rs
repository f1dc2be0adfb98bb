//! Rules about followed logs. A pattern that can never match is refused: its author believes that the log is kept.

use std::path::Path;

use crate::settings::is_cluster_name;
use crate::settings::tail::TailSettings;

/// A name of a machine is a DNS name.
const MAX_NODE_BYTES: usize = 253;

pub(super) fn check(tail: &[TailSettings], report: &mut impl FnMut(&str, String)) {
    for (at, source) in tail.iter().enumerate() {
        let path = |field: &str| format!("ingest.tail[{at}].{field}");
        if source.paths.is_empty() {
            report(&path("paths"), "missing; list logs such as /var/log/kubernetes/audit.log".to_owned());
        }
        for (nth, pattern) in source.paths.iter().enumerate() {
            if !Path::new(pattern).is_absolute() || pattern.contains('\0') {
                let message =
                    "not an absolute path; a server has no directory that a relative one could be in";
                report(&path(&format!("paths[{nth}]")), message.to_owned());
            } else if let Err(error) = glob::Pattern::new(pattern) {
                report(&path(&format!("paths[{nth}]")), format!("not a pattern: {error}"));
            }
        }
        if !source.cluster.is_empty() && !is_cluster_name(&source.cluster) {
            let message =
                "not a cluster name; up to 63 of a-z 0-9 - . _, with a letter or digit at both ends";
            report(&path("cluster"), message.to_owned());
        }
        if source.node.len() > MAX_NODE_BYTES || source.node.contains(|c: char| c.is_control() || c == ':') {
            report(&path("node"), "not the name of a machine; write one such as control-plane-1".to_owned());
        }
    }
}
