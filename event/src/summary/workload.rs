//! How much of a workload runs, and when: scale, restart, rollback, pause; and which node a pod goes to.

use super::fields::{Field, Rank, Said};
use super::line;
use super::phrase::{Phrase, SCALED, Verb};
use super::place::Word;
use super::told::Told;
use crate::change::FieldOp;
use crate::json;

const RESTARTED: Verb = Verb::new("restarted", "restarting");
const ROLLED_BACK: Verb = Verb::new("rolled back", "rolling back");
const SUSPENDED: Verb = Verb::new("suspended", "suspending");
const RESUMED: Verb = Verb::new("resumed", "resuming");
const PAUSED: Verb = Verb::new("paused", "pausing");
const SCHEDULED: Verb = Verb::new("scheduled", "scheduling");

pub(super) fn said(told: &Told<'_>, field: Field<'_>) -> Option<Said> {
    let is_on = field.op != FieldOp::Remove && field.after == Some(b"true");
    let what = told.what();
    let covers = field.words.len();
    let (rank, phrase) = match field.words {
        [Word::M("spec"), Word::M("template"), ..] if is_rollback(told) => {
            // All of it is one act: what comes back is the template of an earlier revision.
            let image = image(told).map(|image| format!(" (image {image})")).unwrap_or_default();
            return Some(Said {
                rank: Rank::Rights,
                phrase: Phrase::new(ROLLED_BACK, format!("{what}{image}")),
                covers: 0,
            });
        }
        [Word::M("spec"), Word::M("replicas")] if field.op != FieldOp::Remove => {
            (Rank::Scale, Phrase::new(SCALED, format!("{what}{}", field.in_words())))
        }
        [
            Word::M("spec"),
            Word::M("template"),
            Word::M("metadata"),
            Word::M("annotations"),
            Word::M("kubectl.kubernetes.io/restartedAt"),
        ] => (Rank::Scale, Phrase::new(RESTARTED, what)),
        [Word::M("spec"), Word::M("suspend")] => {
            (Rank::Scale, Phrase::new(if is_on { SUSPENDED } else { RESUMED }, what))
        }
        [Word::M("spec"), Word::M("paused")] => {
            (Rank::Scale, Phrase::new(if is_on { PAUSED } else { RESUMED }, format!("the rollout of {what}")))
        }
        _ => return None,
    };
    Some(Said { rank, phrase, covers })
}

/// `scheduled pod shop/web-1 on node-2`
pub(super) fn bound(told: &Told<'_>) -> Phrase {
    let node = if told.object.node.is_empty() {
        String::new()
    } else {
        format!(" on {}", line::name(&told.object.node))
    };
    Phrase::new(SCHEDULED, format!("{}{node}", told.what()))
}

/// The forms in which `kubectl rollout undo` writes (`kubectl/pkg/polymorphichelpers/rollback.go`): for a Deployment operations that
/// replace the whole pod template and all annotations; for others the data of the ControllerRevision, a patch whose template says
/// of itself that it replaces the one that is there (`getPatch` in `pkg/controller/daemon/update.go`).
fn is_rollback(told: &Told<'_>) -> bool {
    let Some(patch) = told.audit.request_object.filter(|_| told.audit.verb == "patch") else { return false };
    if told.is("apps", "daemonsets") || told.is("apps", "statefulsets") {
        return line::text_at(patch, &["spec", "template", "$patch"]) == "replace";
    }
    if patch.first() != Some(&b'[') {
        return false;
    }
    let paths: Vec<_> = json::elements(patch)
        .take(3)
        .map(|range| line::text_at(&patch[range], &["path"]).into_owned())
        .collect();
    told.is("apps", "deployments") && paths == ["/spec/template", "/metadata/annotations"]
}

/// The image of the first container.
fn image(told: &Told<'_>) -> Option<String> {
    let spec = told.in_body(&["spec", "template", "spec"])?;
    let container = line::list_at(spec, &["containers"]).into_iter().next()?;
    Some(line::cut(&line::text_at(container, &["image"]), 200)).filter(|image| !image.is_empty())
}
