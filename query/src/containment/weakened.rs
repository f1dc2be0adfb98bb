//! What was lost of a containment.

use super::answer::{Containment, End, Passage};

/// What of the containment before is gone after, a sentence each. None if nothing is: one that names other policies, or
/// denies more, is not weaker.
pub fn weakened(before: &Containment, after: &Containment) -> Option<Vec<String>> {
    let mut lost = Vec::new();
    compare(&before.ingress, &after.ingress, "ingress", &mut lost);
    compare(&before.egress, &after.egress, "egress", &mut lost);
    (!lost.is_empty()).then_some(lost)
}

fn compare(before: &Passage, after: &Passage, way: &str, lost: &mut Vec<String>) {
    if before.end != End::Denied {
        return;
    }
    let was = match &before.by {
        Some(by) => format!("{way} was denied by {}", before.deny_in_words(by)),
        None => format!("{way} was denied"),
    };
    match (after.end, &after.by) {
        (End::Open, Some(by)) => lost.push(format!("{was}; now {by} lets it pass")),
        (End::Open, None) => lost.push(format!("{was}; now no policy denies all of it")),
        (End::Unknown, _) => {
            lost.push(format!("{was}; whether it still is depends on what cannot be evaluated"));
        }
        (End::Denied, _) => {
            let is_new = |rule: &&_| !before.earlier.iter().any(|known| known.is_like(rule));
            lost.extend(
                after
                    .earlier
                    .iter()
                    .filter(is_new)
                    .map(|rule| format!("{}, which was denied", rule.as_hole(way))),
            );
            if before.is_logged && !after.is_logged {
                lost.push(format!("{way} is still denied, but no longer logged before"));
            }
        }
    }
}
