//! Which resource somebody means who writes it as for kubectl: `deploy`, `pods`, `gnp.projectcalico.org`.

use taffrail_event::resource::{RESOURCES, Resource};

/// A resource, as far as a word says which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    /// The plural names that it may have.
    pub(super) resources: Vec<String>,
    pub(super) group: Option<String>,
}

impl Kind {
    pub(super) fn of(text: &str) -> Self {
        let kind = text.to_lowercase();
        let (word, group) = match kind.split_once('.') {
            Some((word, group)) => (word, Some(group.to_owned())),
            None => (kind.as_str(), None),
        };
        let is_named =
            |known: &&Resource| known.plural == word || known.singular == word || known.short.contains(&word);
        let is_meant = |known: &&Resource| {
            let is_core = known.group.is_empty() && group.as_deref() == Some("core");
            is_named(known) && group.as_deref().is_none_or(|group| group == known.group || is_core)
        };
        let built_in = RESOURCES.iter().find(is_meant);
        let (resources, group) = match (built_in, RESOURCES.iter().find(is_named)) {
            (Some(known), _) => (vec![known.plural.to_owned()], Some(known.group.to_owned())),
            // Of another group, by a name that the field knows.
            (None, Some(namesake)) => (vec![namesake.plural.to_owned()], group),
            (None, None) => (plurals(word), group),
        };
        Self { resources, group }
    }
}

/// What a word may be the singular of, and the word itself.
fn plurals(word: &str) -> Vec<String> {
    let mut names = vec![word.to_owned(), format!("{word}s"), format!("{word}es")];
    names.extend(word.strip_suffix('y').map(|stem| format!("{stem}ies")));
    names
}
