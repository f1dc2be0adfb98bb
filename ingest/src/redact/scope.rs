//! The rules that apply to one record.

use taffrail_config::{FieldPath, RedactionRule, RedactionSettings};

use super::resource::{Families, ResourceName, Target};

/// What the configuration adds to the built-in rules and takes from them.
#[derive(Debug)]
pub(super) struct Rules {
    added: Vec<AddedRule>,
    off: Vec<ResourceName>,
}

#[derive(Debug)]
struct AddedRule {
    resources: Vec<ResourceName>,
    paths: Vec<FieldPath>,
    env_names: Vec<NamePattern>,
}

/// The rules for one record.
#[derive(Debug)]
pub(super) struct Scope<'r> {
    /// Whether the built-in rules apply.
    pub(super) built_in: bool,
    /// What all objects in the record certainly are.
    pub(super) families: Families,
    /// Whether the record says which resource it is about.
    pub(super) is_known: bool,
    pub(super) paths: Vec<&'r FieldPath>,
    pub(super) env_names: Vec<&'r NamePattern>,
}

impl Rules {
    pub(super) fn new(settings: &RedactionSettings) -> Self {
        let added = |rule: &RedactionRule| AddedRule {
            resources: rule.resources.iter().map(|name| ResourceName::new(name)).collect(),
            paths: rule.paths.clone(),
            env_names: rule.env_names.iter().map(|name| NamePattern(name.clone())).collect(),
        };
        Self {
            added: settings.add.iter().map(added).collect(),
            off: settings.off.iter().map(|name| ResourceName::new(name)).collect(),
        }
    }

    /// The rules for a record with that `objectRef` and, if it has none, that request URI.
    pub(super) fn scope(&self, object_ref: Option<&[u8]>, uri: impl FnOnce() -> String) -> Scope<'_> {
        let Some(target) = object_ref.and_then(Target::read) else {
            let families = Families::of_path(&uri());
            let everywhere = Target::default();
            return self.added_to(Scope::built_in(families, false), &everywhere);
        };
        let families = Families::of_resource(&target.resource, &target.subresource);
        let mut scope = Scope::built_in(families, true);
        if self.off.iter().any(|off| off.is(&target)) {
            scope.built_in = false;
            scope.families = Families::NONE;
        }
        self.added_to(scope, &target)
    }

    fn added_to<'r>(&'r self, mut scope: Scope<'r>, target: &Target<'_>) -> Scope<'r> {
        for rule in &self.added {
            if rule.resources.iter().any(|resource| resource.covers(target)) {
                scope.paths.extend(&rule.paths);
                scope.env_names.extend(&rule.env_names);
            }
        }
        scope
    }
}

impl Scope<'_> {
    pub(super) fn built_in(families: Families, is_known: bool) -> Self {
        Self { built_in: true, families, is_known, paths: Vec::new(), env_names: Vec::new() }
    }

    /// The rules of both.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.built_in |= other.built_in;
        self.families = self.families.union(other.families);
        self.is_known &= other.is_known;
        self.paths.extend(other.paths);
        self.env_names.extend(other.env_names);
        self
    }

    /// Whether there is nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        !self.built_in && self.paths.is_empty() && self.env_names.is_empty()
    }

    /// Whether the record is about secrets.
    pub(super) fn is_bearing(&self) -> bool {
        !self.families.is_none()
    }
}

/// The name of a variable, in which `*` stands for any run of characters. Case does not count.
#[derive(Debug)]
pub(super) struct NamePattern(String);

impl NamePattern {
    pub(super) fn matches(&self, name: &[u8]) -> bool {
        let mut parts = self.0.as_bytes().split(|byte| *byte == b'*').peekable();
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = strip_prefix(name, first) else { return false };
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return super::name::ends_with(rest, part);
            }
            let Some(at) = position(rest, part) else { return false };
            rest = &rest[at + part.len()..];
        }
        true
    }
}

fn strip_prefix<'n>(name: &'n [u8], prefix: &[u8]) -> Option<&'n [u8]> {
    let (head, rest) = name.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    text.windows(part.len()).position(|window| window.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_names() {
        fn check(pattern: &str, name: &str, expected: bool) {
            assert_eq!(
                NamePattern(pattern.to_owned()).matches(name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
        check("DSN", "DSN", true);
        check("DSN", "dsn", true);
        check("DSN", "DSN_2", false);
        check("DB_*", "DB_URL", true);
        check("DB_*", "DB", false);
        check("*_DSN", "MY_DSN", true);
        check("A*B*C", "AxBxC", true);
        check("A*B*C", "AxC", false);
        check("A*A", "A", false);
        check("*", "anything", true);
        check("**", "", true);
    }
}
