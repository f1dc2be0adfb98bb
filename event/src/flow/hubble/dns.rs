//! What Cilium's DNS proxy saw.

use crate::flow::Dns;
use crate::flow::loose::Loose;

const TYPES: [&str; 4] = ["", "REQUEST", "RESPONSE", "SAMPLE"];
/// The codes of answers by number (IANA, "DNS RCODEs"), named as Calico's log names them.
const CODES: [&str; 11] = [
    "NoError", "FormErr", "ServFail", "NXDomain", "NotImp", "Refused", "YXDomain", "YXRRSet", "NXRRSet",
    "NotAuth", "NotZone",
];

/// The question of a flow, with the answer where the flow is one.
pub(super) fn read(flow: &Loose<'_>) -> Option<Dns> {
    let proxied = flow.object("l7");
    if !proxied.is_set("dns") {
        return None;
    }
    let dns = proxied.object("dns");
    let is_answer = proxied.name_of("type", &TYPES) == "RESPONSE";
    let mut answers = dns.texts("ips");
    answers.extend(dns.texts("cnames").iter().map(|name| without_root(name)));
    Some(Dns {
        query: without_root(&dns.text("query")),
        query_type: dns.texts("qtypes").join(","),
        rcode: dns.number("rcode").or(is_answer.then_some(0)).map(code).unwrap_or_default(),
        answers,
        count: Some(1),
    })
}

fn code(number: u64) -> String {
    let name = usize::try_from(number).ok().and_then(|place| CODES.get(place));
    name.map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

/// Other sources write names without the dot of the root.
fn without_root(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn names_that_were_looked_up() {
        fn check(l7: &Value, expected: &str) {
            let flow = json!({"l7": l7}).to_string();
            let dns = read(&Loose::of(flow.as_bytes()));
            let found =
                dns.map(|dns| format!("{} {} {} {:?}", dns.query_type, dns.query, dns.rcode, dns.answers));
            assert_eq!(found.unwrap_or_default(), expected, "{l7}");
        }
        check(
            &json!({"type": "REQUEST", "dns": {"query": "a.example.", "qtypes": ["A"]}}),
            "A a.example  []",
        );
        check(
            &json!({"type": "RESPONSE", "dns": {"query": "a.example.", "qtypes": ["A"], "ips": ["192.0.2.1"], "cnames": ["b.example."]}}),
            r#"A a.example NoError ["192.0.2.1", "b.example"]"#,
        );
        check(
            &json!({"type": 2, "dns": {"query": "a.example.", "qtypes": ["AAAA"], "rcode": 3}}),
            "AAAA a.example NXDomain []",
        );
        check(&json!({"type": "RESPONSE", "dns": {"rcode": 23}}), "  23 []");
        check(&json!({"type": "RESPONSE", "http": {"code": 200}}), "");
    }
}
