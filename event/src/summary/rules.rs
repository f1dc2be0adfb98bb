//! Rules of network policies in words: `from pods app=web on port 9090`.

use super::line;
use crate::json;

/// So many rules, peers or ports are written out.
const MAX_SAID: usize = 2;

/// The rules of one direction; `None` if there are none.
pub(super) fn rules(list: &[u8], is_ingress: bool, is_calico: bool) -> Option<String> {
    let rules: Vec<&[u8]> = json::elements(list).map(|range| &list[range]).collect();
    let first = rules.first()?;
    let words = if is_calico { calico(first) } else { rule(first, is_ingress) };
    let more = if rules.len() > 1 {
        format!(" and {}", line::count(rules.len() - 1, "more rule"))
    } else {
        String::new()
    };
    Some(format!("{words}{more}"))
}

/// `from pods app=web on port 9090`
fn rule(rule: &[u8], is_ingress: bool) -> String {
    let (side, word) = if is_ingress { ("from", "from") } else { ("to", "to") };
    let peers: Vec<String> = line::list_at(rule, &[side]).into_iter().map(peer).collect();
    let peers = if peers.is_empty() { "anywhere".to_owned() } else { some(&peers, " or ") };
    let ports: Vec<String> = line::list_at(rule, &["ports"]).into_iter().map(port).collect();
    let ports = match ports.as_slice() {
        [] => String::new(),
        [port] => format!(" on port {port}"),
        ports => format!(" on ports {}", some(ports, ", ")),
    };
    format!("{word} {peers}{ports}")
}

fn peer(peer: &[u8]) -> String {
    let cidr = line::text_at(peer, &["ipBlock", "cidr"]);
    if !cidr.is_empty() {
        let except: Vec<_> =
            line::texts_at(peer, &["ipBlock", "except"]).iter().map(|cidr| line::short(cidr)).collect();
        let except =
            if except.is_empty() { String::new() } else { format!(" except {}", some(&except, ", ")) };
        return format!("{}{except}", line::short(&cidr));
    }
    let pods = line::at(peer, &["podSelector"]).map(|selector| selected("pods", selector));
    let namespaces = line::at(peer, &["namespaceSelector"]).map(|selector| selected("namespaces", selector));
    match (pods, namespaces) {
        (Some(pods), Some(namespaces)) => format!("{pods} in {namespaces}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "somewhere".to_owned(),
    }
}

fn port(port: &[u8]) -> String {
    let protocol = line::text_at(port, &["protocol"]);
    let number = |key| line::at(port, &[key]).and_then(line::value);
    let first = number("port").unwrap_or_else(|| "any".to_owned());
    let last = number("endPort").map(|last| format!("-{last}")).unwrap_or_default();
    match protocol.as_ref() {
        "" | "TCP" => format!("{first}{last}"),
        protocol => format!("{first}{last}/{}", line::short(protocol)),
    }
}

/// `pods app=web`, `all pods`
pub(super) fn selected(things: &str, selector: &[u8]) -> String {
    let labels = line::at(selector, &["matchLabels"]).unwrap_or_default();
    let mut terms: Vec<String> = json::Members::of(labels)
        .map(|member| {
            let value = line::value(&labels[member.value]).unwrap_or_default();
            format!("{}={value}", line::short(&member.key))
        })
        .collect();
    for expression in line::list_at(selector, &["matchExpressions"]) {
        let text = |key| line::short(&line::text_at(expression, &[key]));
        let values = line::texts_at(expression, &["values"]).join(",");
        terms.push(
            format!("{} {} {}", text("key"), text("operator"), line::short(&values)).trim_end().to_owned(),
        );
    }
    if terms.is_empty() { format!("all {things}") } else { format!("{things} {}", terms_of(&terms)) }
}

/// All terms have to hold: leaving one out would say that more is selected, so what is left out is counted.
fn terms_of(terms: &[String]) -> String {
    match terms {
        [one, two, rest @ ..] if !rest.is_empty() => format!("{one}, {two} and {} more terms", rest.len()),
        terms => terms.join(", "),
    }
}

/// `Allow TCP from app == "web" to port 80`
fn calico(rule: &[u8]) -> String {
    let mut words = line::short(&line::text_at(rule, &["action"]));
    if let Some(protocol) = line::at(rule, &["protocol"]).and_then(line::value) {
        words.push_str(&format!(" {protocol}"));
    }
    for (side, word) in [("source", " from "), ("destination", " to ")] {
        let Some(entity) = line::at(rule, &[side]) else { continue };
        let mut parts = Vec::new();
        for key in ["selector", "namespaceSelector"] {
            let text = line::text_at(entity, &[key]);
            if !text.is_empty() {
                parts.push(line::short(&text));
            }
        }
        for (key, word) in [("nets", ""), ("notNets", "not "), ("domains", ""), ("ports", "port ")] {
            if let Some(values) =
                line::at(entity, &[key]).and_then(line::value).filter(|text| text != "nothing")
            {
                parts.push(format!("{word}{values}"));
            }
        }
        if !parts.is_empty() {
            words.push_str(word);
            words.push_str(&parts.join(" "));
        }
    }
    words
}

fn some(texts: &[String], between: &str) -> String {
    let said: Vec<&str> = texts.iter().take(MAX_SAID).map(String::as_str).collect();
    let said = said.join(between);
    if texts.len() > MAX_SAID { format!("{said} and {} more", texts.len() - MAX_SAID) } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_in_words() {
        fn check(list: &str, is_ingress: bool, is_calico: bool, expected: Option<&str>) {
            assert_eq!(rules(list.as_bytes(), is_ingress, is_calico).as_deref(), expected, "{list}");
        }
        check("[]", true, false, None);
        check("[{}]", true, false, Some("from anywhere"));
        check(
            r#"[{"ports":[{"protocol":"TCP","port":9090}],"from":[{"podSelector":{"matchLabels":{"app":"web"}}}]}]"#,
            true,
            false,
            Some("from pods app=web on port 9090"),
        );
        check(
            r#"[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.9.0.0/16"]}}]},{},{}]"#,
            true,
            false,
            Some("from 10.0.0.0/8 except 10.9.0.0/16 and 2 more rules"),
        );
        check(
            r#"[{"to":[{"namespaceSelector":{"matchExpressions":[{"key":"team","operator":"In","values":["a","b"]}]},"podSelector":{}}],
            "ports":[{"port":53,"protocol":"UDP"},{"port":"dns"},{"port":8000,"endPort":9000}]}]"#,
            false,
            false,
            Some("to all pods in namespaces team In a,b on ports 53/UDP, dns and 1 more"),
        );
        check(r#"[{"action":"Deny"}]"#, true, true, Some("Deny"));
        check(
            r#"[{"action":"Allow","protocol":"TCP","source":{"selector":"app == 'web'"},"destination":{"ports":[80,443],"nets":["10.0.0.0/8"]}}]"#,
            true,
            true,
            Some("Allow TCP from app == 'web' to 10.0.0.0/8 port 80, 443"),
        );
    }
}
