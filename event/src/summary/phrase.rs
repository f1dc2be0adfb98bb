//! What somebody did, in a form that fits every outcome: "scaled X", "was refused scaling X", "is scaling X".

use std::borrow::Cow;

/// A verb in the forms that a summary needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verb {
    past: Cow<'static, str>,
    doing: Cow<'static, str>,
    /// What is said while it goes on, where that is not "is ...ing".
    going_on: Option<&'static str>,
}

impl Verb {
    pub(super) const fn new(past: &'static str, doing: &'static str) -> Self {
        Self { past: Cow::Borrowed(past), doing: Cow::Borrowed(doing), going_on: None }
    }

    /// One that is said in another way while it goes on.
    pub(super) const fn lasting(past: &'static str, doing: &'static str, going_on: &'static str) -> Self {
        Self { past: Cow::Borrowed(past), doing: Cow::Borrowed(doing), going_on: Some(going_on) }
    }

    /// A verb that nobody knows.
    pub(super) fn other(verb: &str) -> Self {
        Self {
            past: format!("did {verb} on").into(),
            doing: format!("doing {verb} on").into(),
            going_on: None,
        }
    }
}

/// A verb and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    verb: Verb,
    rest: String,
}

impl Phrase {
    pub(super) fn new(verb: Verb, rest: impl Into<String>) -> Self {
        Self { verb, rest: rest.into() }
    }

    /// With something more behind it.
    pub(super) fn and(mut self, more: &str) -> Self {
        self.rest.push_str(more);
        self
    }

    /// "scaled deployment shop/web to 5"
    pub(super) fn past(&self) -> String {
        format!("{} {}", self.verb.past, self.rest)
    }

    /// "scaling deployment shop/web to 5"
    pub(super) fn doing(&self) -> String {
        format!("{} {}", self.verb.doing, self.rest)
    }

    /// "is watching pods in shop"
    pub(super) fn going_on(&self) -> String {
        match self.verb.going_on {
            Some(going_on) => format!("{going_on} {}", self.rest),
            None => format!("is {}", self.doing()),
        }
    }
}

pub(super) const CREATED: Verb = Verb::new("created", "creating");
pub(super) const UPDATED: Verb = Verb::new("updated", "updating");
pub(super) const PATCHED: Verb = Verb::new("patched", "patching");
pub(super) const APPLIED: Verb = Verb::new("applied", "applying");
pub(super) const DELETED: Verb = Verb::new("deleted", "deleting");
pub(super) const CHANGED: Verb = Verb::new("changed", "changing");
pub(super) const SET: Verb = Verb::new("set", "setting");
pub(super) const ADDED: Verb = Verb::new("added", "adding");
pub(super) const REMOVED: Verb = Verb::new("removed", "removing");
pub(super) const GRANTED: Verb = Verb::new("granted", "granting");
pub(super) const REVOKED: Verb = Verb::new("revoked", "revoking");
pub(super) const SCALED: Verb = Verb::new("scaled", "scaling");
