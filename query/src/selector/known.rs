//! What a selector says where only some of the labels are known.

use super::{Node, Selector};

/// What is known of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label<'l> {
    /// Its value.
    Is(&'l str),
    /// That there is none.
    Missing,
    /// Nothing.
    Unknown,
}

impl Selector {
    /// As [`Selector::matches`]. None if it depends on a label that is not known.
    pub(crate) fn matches_known<'l>(&self, labels: impl Fn(&str) -> Label<'l>) -> Option<bool> {
        self.root.holds_as_known(&labels, true)
    }

    /// As [`Selector::matches_namespace`]. None if it depends on a label that is not known.
    pub(crate) fn matches_known_namespace<'l>(&self, labels: impl Fn(&str) -> Label<'l>) -> Option<bool> {
        self.root.holds_as_known(&labels, false)
    }
}

impl Node {
    fn holds_as_known<'l>(&self, labels: &dyn Fn(&str) -> Label<'l>, is_global: bool) -> Option<bool> {
        let holds = |part: &Self| part.holds_as_known(labels, is_global);
        match self {
            Self::All => Some(true),
            Self::Global => Some(is_global),
            Self::Label(key, test) => match labels(key) {
                Label::Is(value) => Some(test.holds(Some(value))),
                Label::Missing => Some(test.holds(None)),
                Label::Unknown => None,
            },
            Self::Not(part) => holds(part).map(|is_selected| !is_selected),
            Self::And(parts) => decided(parts.iter().map(holds), false),
            Self::Or(parts) => decided(parts.iter().map(holds), true),
        }
    }
}

/// One part that is `decisive` decides, whatever is not known of the others.
fn decided(parts: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut all = Some(!decisive);
    for part in parts {
        match part {
            Some(part) if part == decisive => return Some(decisive),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_matters_only_where_it_decides() {
        fn check(text: &str, expected: Option<bool>) {
            let selector = Selector::parse(text).unwrap();
            let labels = |key: &str| match key {
                "app" => Label::Is("shop"),
                "team" => Label::Unknown,
                _ => Label::Missing,
            };
            assert_eq!(selector.matches_known(labels), expected, "{text}");
        }
        check("app == 'shop'", Some(true));
        check("other == 'a'", Some(false));
        check("other != 'a'", Some(true));
        check("team == 'a'", None);
        check("!team == 'a'", None);
        check("team == 'a' && app == 'shop'", None);
        check("team == 'a' && app == 'other'", Some(false));
        check("team == 'a' || app == 'shop'", Some(true));
        check("team == 'a' || app == 'other'", None);
        check("all()", Some(true));
        check("global()", Some(true));
        let global = Selector::parse("global()").unwrap();
        assert_eq!(global.matches_known_namespace(|_| Label::Unknown), Some(false));
    }
}
