//! What runs in a workload: images, environment, resources; containers that come and go.

use super::fields::{Field, Rank, Said};
use super::phrase::{ADDED, CHANGED, Phrase, REMOVED, SET};
use super::place::{Word, element_name, spoken};
use super::told::Told;
use super::{general, line};
use crate::change::FieldOp;

/// Images are longer than other values, and their end counts.
const MAX_IMAGE_BYTES: usize = 200;

pub(super) fn said(told: &Told<'_>, field: Field<'_>) -> Option<Said> {
    let at = field
        .words
        .iter()
        .position(|word| matches!(word, Word::M("containers" | "initContainers" | "ephemeralContainers")))?;
    let (container, rest) = field.words.split_at_checked(at + 2)?;
    let name = element_name(container)?;
    let what = told.what();
    let (rank, phrase) = match rest {
        // Debug containers can be added, and nothing else.
        _ if told.object.subresource == "ephemeralcontainers" => {
            return Some(Said {
                rank: Rank::Image,
                phrase: whole(field, &name, &what),
                covers: container.len(),
            });
        }
        [] => (Rank::Image, whole(field, &name, &what)),
        [Word::M("image")] => {
            (Rank::Image, Phrase::new(SET, format!("image of {name} in {what}{}", image(field.after))))
        }
        [Word::M("env"), Word::K(_, variable), ..] => (Rank::Run, environment(field, variable, &name, &what)),
        [Word::M("resources"), Word::M(kind @ ("limits" | "requests")), Word::M(resource)] => {
            let kind = kind.strip_suffix('s').unwrap_or(kind);
            let which = format!("{} {kind} of {name}", line::short(resource));
            (Rank::Run, resources(field, &which, &what))
        }
        [Word::M("command" | "args"), ..] | [Word::M("securityContext"), ..] => {
            let part = spoken(rest);
            let phrase = Phrase::new(CHANGED, format!("{part} of {name} in {what}{}", field.in_words()));
            (Rank::Run, phrase)
        }
        _ => (Rank::Run, general::changed(told, field)),
    };
    Some(Said { rank, phrase, covers: field.words.len() })
}

fn whole(field: Field<'_>, name: &str, what: &str) -> Phrase {
    if field.op == FieldOp::Remove {
        return Phrase::new(REMOVED, format!("{name} from {what}"));
    }
    let image = field.sibling("image").and_then(crate::json::string);
    let image = image.map(|image| format!(" ({})", line::cut(&image, MAX_IMAGE_BYTES))).unwrap_or_default();
    Phrase::new(ADDED, format!("{name}{image} to {what}"))
}

fn image(after: Option<&[u8]>) -> String {
    let image = after.and_then(crate::json::string).unwrap_or_default();
    if image.is_empty() { String::new() } else { format!(" to {}", line::cut(&image, MAX_IMAGE_BYTES)) }
}

/// `set env LOG_LEVEL=debug of container api in deployment shop/api`
fn environment(field: Field<'_>, variable: &str, container: &str, what: &str) -> Phrase {
    let variable = line::short(variable);
    if field.op == FieldOp::Remove && field.is_element() {
        return Phrase::new(REMOVED, format!("env {variable} of {container} from {what}"));
    }
    let value = match field.words.last() {
        Some(Word::M("value")) => field.after,
        Some(Word::K(..)) => field.sibling("value"),
        _ => None,
    };
    match value.filter(|value| *value != b"null").and_then(line::value) {
        Some(value) => Phrase::new(SET, format!("env {variable}={value} of {container} in {what}")),
        None => Phrase::new(CHANGED, format!("env {variable} of {container} in {what}")),
    }
}

fn resources(field: Field<'_>, which: &str, what: &str) -> Phrase {
    match field.op {
        FieldOp::Remove => Phrase::new(REMOVED, format!("{which} from {what}")),
        FieldOp::Add => Phrase::new(SET, format!("{which} in {what}{}", field.in_words())),
        FieldOp::Replace => Phrase::new(CHANGED, format!("{which} in {what}{}", field.in_words())),
    }
}
