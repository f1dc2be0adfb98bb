//! What authenticators say of a user beyond name and groups: `user.extra`.

use std::borrow::Cow;

use crate::json::{self, Members};

/// Authenticators set a handful; more are not looked at.
const MAX_KEYS: usize = 64;

/// Values of one key that are looked at.
const MAX_VALUES: usize = 64;

/// `user.extra`, read once.
#[derive(Debug, Default)]
pub(super) struct Extra<'a>(Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)>);

impl<'a> Extra<'a> {
    /// The one of a `user`.
    pub(super) fn of(user: &'a [u8]) -> Self {
        let extra = json::member(user, "extra").unwrap_or_default();
        let members = Members::of(extra).take(MAX_KEYS);
        let values = |value: &'a [u8]| {
            json::elements(value).take(MAX_VALUES).filter_map(|range| json::string(&value[range])).collect()
        };
        Self(members.map(|member| (member.key, values(&extra[member.value]))).collect())
    }

    /// The values of a key.
    pub(super) fn values(&self, key: &str) -> &[Cow<'a, str>] {
        self.0.iter().find(|(known, _)| known == key).map_or(&[], |(_, values)| values)
    }

    /// The first value of a key, or the empty string.
    pub(super) fn first(&self, key: &str) -> String {
        self.values(key).first().map(|text| text.to_string()).unwrap_or_default()
    }
}
