//! Nodes: cordon and taints.

use super::fields::{Field, Rank, Said};
use super::line;
use super::phrase::{Phrase, REMOVED, Verb};
use super::place::Word;
use super::told::Told;
use crate::change::FieldOp;
use crate::json;

const CORDONED: Verb = Verb::new("cordoned", "cordoning");
const UNCORDONED: Verb = Verb::new("uncordoned", "uncordoning");
const TAINTED: Verb = Verb::new("tainted", "tainting");

pub(super) fn said(told: &Told<'_>, field: Field<'_>) -> Option<Said> {
    if !told.is("", "nodes") {
        return None;
    }
    let what = told.what();
    let phrase = match field.words {
        [Word::M("spec"), Word::M("unschedulable")] => {
            let is_on = field.op != FieldOp::Remove && field.after == Some(b"true");
            Phrase::new(if is_on { CORDONED } else { UNCORDONED }, what)
        }
        [Word::M("spec"), Word::M("taints")] => {
            let (before, after) = (taints(field.before?), taints(field.after?));
            let missing = |from: &[String], others: &[String]| {
                from.iter().filter(|taint| !others.contains(taint)).cloned().collect::<Vec<_>>()
            };
            let (added, removed) = (missing(&after, &before), missing(&before, &after));
            match (added.is_empty(), removed.is_empty()) {
                (false, _) => Phrase::new(TAINTED, format!("{what} with {}", line::first_of(&added))),
                (true, false) => {
                    Phrase::new(REMOVED, format!("taint {} from {what}", line::first_of(&removed)))
                }
                (true, true) => return None,
            }
        }
        _ => return None,
    };
    Some(Said { rank: Rank::Scale, phrase, covers: field.words.len() })
}

/// Each as kubectl writes it: `key=value:NoSchedule`.
fn taints(list: &[u8]) -> Vec<String> {
    let taint = |taint: &[u8]| {
        let text = |key| line::short(&line::text_at(taint, &[key]));
        let (key, value, effect) = (text("key"), text("value"), text("effect"));
        let value = if value.is_empty() { value } else { format!("={value}") };
        format!("{key}{value}:{effect}")
    };
    json::elements(list).map(|range| taint(&list[range])).collect()
}
