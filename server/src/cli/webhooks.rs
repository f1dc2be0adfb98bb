//! What admission webhooks did, in lines that a person reads.

use taffrail_event::{Admission, Mutation};

/// More places are counted.
const MOST_PATHS: usize = 5;

/// A line for each call that changed something, and for each webhook that was ignored because it failed.
pub(super) fn lines(admission: &Admission) -> Vec<String> {
    let ignored = admission
        .failed_open
        .iter()
        .map(|failed| format!("webhook {} failed and was ignored (fail-open)", failed.webhook));
    let cut = admission.cut.then(|| "(not all that webhooks did is listed)".to_owned());
    admission.mutations.iter().map(changed).chain(ignored).chain(cut).collect()
}

fn changed(mutation: &Mutation) -> String {
    let Mutation { webhook, configuration, round, paths, patch, .. } = mutation;
    let again = if *round > 0 { ", called once more," } else { "" };
    let who = format!("webhook {webhook} (configuration {configuration}){again} changed");
    if paths.is_empty() {
        let unknown = if patch.is_none() { "; what of it, is not recorded" } else { "" };
        return format!("{who} the object{unknown}");
    }
    let mut what = paths.iter().take(MOST_PATHS).map(String::as_str).collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = paths.len().checked_sub(MOST_PATHS) {
        what.push_str(&format!(" and {more} more"));
    }
    format!("{who} {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(admission: &str, expected: &[&str]) {
        assert_eq!(lines(&serde_json::from_str(admission).unwrap()), expected);
    }

    #[test]
    fn what_webhooks_did_in_lines() {
        let mutation = |round: u32, patch: &str, paths: &str| {
            format!(
                r#"{{"round":{round},"index":0,"configuration":"injector","webhook":"sidecar.example.com","patch":{patch},"paths":{paths}}}"#
            )
        };
        let admission = |mutations: &[String], rest: &str| {
            format!(r#"{{"mutations":[{}],"failed_open":[{rest}}}"#, mutations.join(","))
        };
        let who = "webhook sidecar.example.com (configuration injector)";
        check(
            &admission(&[mutation(0, "[]", r#"["spec.containers[name=proxy]","metadata.labels.a"]"#)], "]"),
            &[&format!("{who} changed spec.containers[name=proxy], metadata.labels.a")],
        );
        check(
            &admission(
                &[mutation(0, "null", "[]"), mutation(1, "null", r#"["a","b","c","d","e","f","g"]"#)],
                r#"{"webhook":"w.io","kind":"validating"}],"cut":true"#,
            ),
            &[
                &format!("{who} changed the object; what of it, is not recorded"),
                &format!("{who}, called once more, changed a, b, c, d, e and 2 more"),
                "webhook w.io failed and was ignored (fail-open)",
                "(not all that webhooks did is listed)",
            ],
        );
        check(&admission(&[], "]"), &[]);
    }
}
