//! Formats that a later release reads. A record of one is not junk, and whoever sends it should learn its name.
//!
//! Each is recognised by what only it has, so that nothing else is taken for it: JSON by its members, text by its shape.

use super::loose::Loose;

/// The name of the format, where it is one of these.
pub(super) fn name_of(record: &[u8]) -> Option<&'static str> {
    let record = record.trim_ascii();
    if record.starts_with(b"{") {
        return of_json(&Loose::of(record));
    }
    of_text(std::str::from_utf8(record).ok()?)
}

fn of_json(record: &Loose<'_>) -> Option<&'static str> {
    let has = |keys: [&str; 3]| keys.into_iter().all(|key| record.has(key));
    if is_gke(record) || is_gke(&record.object("jsonPayload")) {
        Some("gke.policy")
    } else if record.text("msg").starts_with("Flow Info: Src IP: ") {
        Some("aws.npa")
    } else if has(["response_flags", "upstream_cluster", "downstream_remote_address"]) {
        Some("envoy.access")
    } else {
        let first = record.list("records").and_then(|mut records| records.next());
        of_azure(record).or_else(|| of_azure(&Loose::of(first?)))
    }
}

/// GKE Dataplane V2; Cloud Logging puts the record into a payload.
fn is_gke(record: &Loose<'_>) -> bool {
    record.has("disposition") && record.object("connection").has("src_ip")
}

/// A record of a network security group or of a virtual network.
fn of_azure(record: &Loose<'_>) -> Option<&'static str> {
    let has_flows = |member| record.object(member).list("flows").is_some();
    if !record.has("category") {
        None
    } else if has_flows("flowRecords") {
        Some("azure.vnet")
    } else if has_flows("properties") {
        Some("azure.nsg")
    } else {
        None
    }
}

fn of_text(line: &str) -> Option<&'static str> {
    if is_vpc_header(line) || is_vpc(line) {
        Some("aws.vpc")
    } else if line.starts_with("Node: ") && has_all(line, [";SIP: ", ";DIP: ", ";PolicyVerdict: "]) {
        Some("aws.npa")
    } else if is_antrea(line) {
        Some("antrea.np")
    } else if has_all(line, ["|acl_log(", "verdict=", "severity="]) {
        Some("ovn.acl")
    } else if is_envoy(line) {
        Some("envoy.access")
    } else {
        None
    }
}

fn has_all(line: &str, parts: [&str; 3]) -> bool {
    parts.into_iter().all(|part| line.contains(part))
}

/// The line of names with which a file in S3 begins. Its order is the customer's.
fn is_vpc_header(line: &str) -> bool {
    const NAMES: [&str; 9] = [
        "account-id",
        "interface-id",
        "srcaddr",
        "dstaddr",
        "srcport",
        "dstport",
        "pkt-srcaddr",
        "pkt-dstaddr",
        "log-status",
    ];
    let is_name = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    line.split(' ').all(is_name) && line.split(' ').filter(|word| NAMES.contains(word)).count() > 2
}

/// The fields have no names and any order: an interface, what became of the packets or of the record, and two times.
fn is_vpc(line: &str) -> bool {
    let words = || line.split(' ');
    let is_value =
        |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:_/".contains(&byte));
    words().any(|word| word.starts_with("eni-"))
        && words().any(|word| ["ACCEPT", "REJECT", "OK", "NODATA", "SKIPDATA"].contains(&word))
        && words().filter(|word| has_shape(word, "0000000000") && word.len() == 10).count() > 1
        && words().all(is_value)
}

/// Date, time, table and policy.
fn is_antrea(line: &str) -> bool {
    const POLICIES: [&str; 5] = [
        "AntreaNetworkPolicy",
        "AntreaClusterNetworkPolicy",
        "K8sNetworkPolicy",
        "AdminNetworkPolicy",
        "BaselineAdminNetworkPolicy",
    ];
    let policy = line.split(' ').nth(3).and_then(|policy| policy.split(':').next());
    has_shape(line, "0000/00/00 00:00:00.0") && policy.is_some_and(|policy| POLICIES.contains(&policy))
}

/// The text format that Istio gives to Envoy: time, request, and the code of the answer, 0 for what is not HTTP.
fn is_envoy(line: &str) -> bool {
    let code = line.splitn(3, '"').nth(2).and_then(|rest| rest.split(' ').nth(1));
    has_shape(line, "[0000-00-00T00:00:00.000Z] \"")
        && code.is_some_and(|code| code == "0" || code.len() == 3 && has_shape(code, "000"))
        && line.split(' ').count() > 12
}

/// Whether `text` begins like `shape`, in which 0 stands for any digit.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(byte, shape): (u8, u8)| if shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
    text.len() >= shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(record: &str, expected: Option<&str>) {
        assert_eq!(name_of(record.as_bytes()), expected, "{record}");
    }

    // What stands in samples/flows is in tests/flows.txt; here is what does not.

    #[test]
    fn json() {
        let gke = r#"{"connection":{"src_ip":"10.84.1.7"},"disposition":"allow"}"#;
        check(gke, Some("gke.policy"));
        check(&format!(r#"{{"insertId":"a","jsonPayload":{gke}}}"#), Some("gke.policy"));
        check(
            r#"{"records":[{"category":"FlowLogFlowEvent","flowRecords":{"flows":[]}}]}"#,
            Some("azure.vnet"),
        );
        check(r#"{"category":"FlowLogFlowEvent","flowRecords":{"flows":[]}}"#, Some("azure.vnet"));
        check(
            r#"{"response_flags":"-","upstream_cluster":"inbound|80||","downstream_remote_address":null}"#,
            Some("envoy.access"),
        );
    }

    #[test]
    fn text() {
        let request = r#"[2026-08-20T14:05:42.100Z] "GET /status/200 HTTP/1.1" 403 - none - "-" 0 19 0"#;
        check(&format!(r#"{request} - "-" "curl/8.11.1""#), Some("envoy.access"));
        check(
            r#"[2026-08-20T14:05:42.100Z] "- - -" 0 - - - "-" 0 0 1 - "-" "-" "-" "-" "10.0.0.1:80""#,
            Some("envoy.access"),
        );
        check("interface-id srcaddr dstaddr start end", Some("aws.vpc"));
        check("- eni-0456 10.0.1.15 10.0.2.20 1787234742 1787234772 SKIPDATA\n", Some("aws.vpc"));
        check(
            "2023/07/03 23:24:36.422233 EgressRule AntreaClusterNetworkPolicy:deny Egress Drop 14500",
            Some("antrea.np"),
        );
    }

    #[test]
    fn what_only_looks_like_one() {
        check("", None);
        check("{", None);
        check("\u{fffd} eni-1", None);
        check("eni-0456 is attached, status OK", None);
        check("start end action log-status", None);
        check(r#"{"msg":"Flow Info"}"#, None);
        check(r#"{"connection":"10.84.1.7","disposition":"allow"}"#, None);
        check(r#"{"category":"Administrative","properties":{"flows":7}}"#, None);
        check(r#"{"records":[]}"#, None);
        check(r#"10.0.0.1 - - [20/Aug/2026:14:05:42 +0000] "GET / HTTP/1.1" 200 612"#, None);
        check("2023/07/04 12:45:21.804416 [error] 7#7: connect() failed", None);
        check("Node: worker-1 is ready", None);
    }

    #[test]
    fn bytes_that_are_no_text() {
        assert_eq!(name_of(b"Node: \xff;SIP: ;DIP: ;PolicyVerdict: "), None);
    }
}
