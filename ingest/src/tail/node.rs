//! The node in a log's path: `/logs/*/flows.log` and `node: "*"`.

/// What the first `*` of a pattern matched in the path.
pub(super) fn node_in<'p>(patterns: &[String], path: &'p str) -> Option<&'p str> {
    patterns.iter().find_map(|pattern| matched_by_star(pattern, path))
}

fn matched_by_star<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let (mut patterns, mut parts) = (pattern.split('/'), path.split('/'));
    let mut node = None;
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return node,
            (Some(pattern), Some(part)) => match pattern.split_once('*') {
                Some((before, after)) if node.is_none() => {
                    // Of several wildcards in one part nobody knows which matched what.
                    node = Some(part.strip_prefix(before)?.strip_suffix(after)?);
                }
                Some(_) => {}
                None if pattern == part || pattern.contains(['?', '[']) => {}
                None => return None,
            },
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_of_paths() {
        fn check(pattern: &str, path: &str, expected: Option<&str>) {
            assert_eq!(node_in(&[pattern.to_owned()], path), expected, "{pattern} {path}");
        }
        check("/logs/*/flows.log", "/logs/node-1/flows.log", Some("node-1"));
        check("/logs/*/*.log", "/logs/node-1/flows.log", Some("node-1"));
        check("/logs/flows-*.log", "/logs/flows-node-1.log", Some("node-1"));
        check("/logs/flows.log", "/logs/flows.log", None);
        check("/logs/*/flows.log", "/logs/node-1/dns.log", None);
        check("/logs/*/flows.log", "/logs/node-1/a/flows.log", None);
    }
}
