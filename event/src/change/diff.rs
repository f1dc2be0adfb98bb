//! The difference between two states of an object, leaf by leaf, on their bytes: what is the same in both is compared and
//! never looked into.
//!
//! Leaves are scalars, empty containers, and lists whose elements have no merge keys. `null` is the same as nothing, as it is for
//! the API server. Noise (`noise.rs`) is left out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::leaf::JsonText;
use super::merge_key::{self, Lists};
use super::noise::Place;
use super::path::{push_keys, push_member};
use super::{FieldChange, FieldOp};
use crate::json::{self, Members};

/// Deeper values are leaves.
const MAX_DEPTH: u32 = 64;

/// Further fields are counted and not listed: an object of a megabyte can have a hundred thousand.
const MAX_LISTED: usize = 10_000;

/// Paths of all listed fields together; one key can be as long as a request.
const MAX_PATH_BYTES: usize = 1 << 20;

/// Objects with more members are compared by a table.
const FEW_MEMBERS: usize = 16;

/// What is different in `after` from `before`, both whole objects of the resource, and how many fields that is. `None` stands for
/// an object that is not there.
pub fn diff(
    group: &str,
    resource: &str,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
) -> (Vec<FieldChange>, u64) {
    let mut differ = Differ {
        lists: merge_key::lists_of(group, resource),
        path: String::new(),
        path_bytes: 0,
        fields: Vec::new(),
        total: 0,
        is_status: false,
    };
    differ.values(Spot { place: Place::Root, parent: "", name: "", depth: 0 }, before, after);
    (differ.fields, differ.total)
}

struct Differ {
    lists: Lists,
    path: String,
    /// Of all fields.
    path_bytes: usize,
    fields: Vec<FieldChange>,
    total: u64,
    is_status: bool,
}

/// Where in the object the differ is.
#[derive(Clone, Copy)]
struct Spot<'a> {
    place: Place,
    /// The member that holds the one called `name`.
    parent: &'a str,
    name: &'a str,
    depth: u32,
}

impl Differ {
    fn values(&mut self, spot: Spot<'_>, before: Option<&[u8]>, after: Option<&[u8]>) {
        let (before, after) = (before.filter(is_there), after.filter(is_there));
        if before == after {
            return;
        }
        if spot.depth < MAX_DEPTH {
            let as_objects = [before, after].map(|value| value.and_then(Object::of));
            if let [Some(before), Some(after)] = &as_objects {
                return self.objects(spot, Some(before), Some(after));
            }
            let as_lists = [before, after].map(|value| self.list(spot, value?));
            if let [Some(before), Some(after)] = &as_lists {
                return self.keyed_lists(spot, Some(before), Some(after));
            }
            let [object_before, object_after] = &as_objects;
            let [list_before, list_after] = &as_lists;
            let opens = |object: &Option<Object<'_>>, list: &Option<KeyedList<'_>>| {
                object.is_some() || list.is_some()
            };
            if opens(object_before, list_before) || opens(object_after, list_after) {
                self.side(spot, before, (object_before.as_ref(), list_before.as_ref()), true);
                self.side(spot, after, (object_after.as_ref(), list_after.as_ref()), false);
                return;
            }
        }
        let is_same = before.zip(after).is_some_and(|(before, after)| is_same(before, after, spot.depth));
        if !is_same {
            self.leaf(before, after);
        }
    }

    /// One side of two values of which at most one opens into leaves of its own.
    fn side(
        &mut self,
        spot: Spot<'_>,
        value: Option<&[u8]>,
        (object, list): (Option<&Object<'_>>, Option<&KeyedList<'_>>),
        is_before: bool,
    ) {
        if let Some(object) = object {
            if is_before {
                self.objects(spot, Some(object), None)
            } else {
                self.objects(spot, None, Some(object))
            }
        } else if let Some(list) = list {
            if is_before {
                self.keyed_lists(spot, Some(list), None)
            } else {
                self.keyed_lists(spot, None, Some(list))
            }
        } else if value.is_some() {
            if is_before { self.leaf(value, None) } else { self.leaf(None, value) }
        }
    }

    fn objects(&mut self, spot: Spot<'_>, before: Option<&Object<'_>>, after: Option<&Object<'_>>) {
        for (key, value) in after.into_iter().flat_map(Object::members) {
            self.member(spot, key, before.and_then(|before| before.get(key)), Some(value));
        }
        for (key, value) in before.into_iter().flat_map(Object::members) {
            if after.is_none_or(|after| after.get(key).is_none()) {
                self.member(spot, key, Some(value), None);
            }
        }
    }

    fn member(&mut self, spot: Spot<'_>, key: &str, before: Option<&[u8]>, after: Option<&[u8]>) {
        if before == after || spot.place.is_noise(key) {
            return;
        }
        let (length, was_status) = (self.path.len(), self.is_status);
        push_member(&mut self.path, key);
        self.is_status |= spot.depth == 0 && key == "status";
        let inner =
            Spot { place: spot.place.under(key), parent: spot.name, name: key, depth: spot.depth + 1 };
        self.values(inner, before, after);
        self.path.truncate(length);
        self.is_status = was_status;
    }

    fn keyed_lists(&mut self, spot: Spot<'_>, before: Option<&KeyedList<'_>>, after: Option<&KeyedList<'_>>) {
        let find =
            |list: Option<&KeyedList<'_>>, keys: &str| list.and_then(|list| list.by_keys.get(keys).copied());
        for (keys, value) in after.into_iter().flat_map(|list| &list.elements) {
            let before =
                find(before, keys).and_then(|index| before?.elements.get(index)).map(|(_, value)| *value);
            self.element(spot, keys, before, Some(value));
        }
        for (keys, value) in before.into_iter().flat_map(|list| &list.elements) {
            if find(after, keys).is_none() {
                self.element(spot, keys, Some(value), None);
            }
        }
    }

    fn element(&mut self, spot: Spot<'_>, keys: &str, before: Option<&[u8]>, after: Option<&[u8]>) {
        let length = self.path.len();
        self.path.push_str(keys);
        let inner = Spot { place: spot.place.element(), depth: spot.depth + 1, ..spot };
        self.values(inner, before, after);
        self.path.truncate(length);
    }

    /// The list as one whose elements have keys; `None` if they have none, or it is no list.
    fn list<'a>(&self, spot: Spot<'_>, value: &'a [u8]) -> Option<KeyedList<'a>> {
        if value.first() != Some(&b'[') {
            return None;
        }
        let candidates = merge_key::candidates(self.lists, spot.parent, spot.name);
        candidates.iter().find_map(|keys| KeyedList::of(value, keys))
    }

    fn leaf(&mut self, before: Option<&[u8]>, after: Option<&[u8]>) {
        // An empty object has no leaves, and what is no object has no fields.
        if self.path.is_empty() {
            return;
        }
        self.total += 1;
        self.path_bytes += self.path.len();
        if self.fields.len() >= MAX_LISTED || self.path_bytes > MAX_PATH_BYTES {
            return;
        }
        let op = match (before, after) {
            (None, _) => FieldOp::Add,
            (_, None) => FieldOp::Remove,
            _ => FieldOp::Replace,
        };
        let text = |value: Option<&[u8]>| Some(value.map_or_else(JsonText::null, JsonText::of));
        self.fields.push(FieldChange {
            path: self.path.clone(),
            op,
            before: text(before),
            after: text(after),
            status: self.is_status,
            cut: false,
            bytes: None,
        });
    }
}

fn is_there(value: &&[u8]) -> bool {
    *value != b"null"
}

/// An object's members, each key once.
struct Object<'a> {
    bytes: &'a [u8],
    members: Vec<(Cow<'a, str>, Range<usize>)>,
    /// Where each key stands last, which is what counts; empty for a few members.
    table: HashMap<Cow<'a, str>, usize>,
}

impl<'a> Object<'a> {
    /// `None` for what is no object, and for an empty one, which is a leaf.
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut members: Vec<_> = Members::of(bytes).map(|member| (member.key, member.value)).collect();
        if members.is_empty() {
            return None;
        }
        let mut table = HashMap::new();
        if members.len() > FEW_MEMBERS {
            for (index, (key, _)) in members.iter().enumerate() {
                table.insert(key.clone(), index);
            }
            if table.len() < members.len() {
                let mut index = 0;
                members.retain(|(key, _)| {
                    index += 1;
                    table.get(key) == Some(&(index - 1))
                });
                table = members.iter().enumerate().map(|(index, (key, _))| (key.clone(), index)).collect();
            }
        } else {
            for index in (0..members.len()).rev() {
                let is_last = members
                    .get(index)
                    .is_some_and(|(key, _)| members.iter().skip(index + 1).all(|(later, _)| later != key));
                if !is_last {
                    members.remove(index);
                }
            }
        }
        Some(Self { bytes, members, table })
    }

    fn members(&self) -> impl Iterator<Item = (&str, &'a [u8])> {
        self.members.iter().map(|(key, range)| (key.as_ref(), &self.bytes[range.clone()]))
    }

    fn get(&self, key: &str) -> Option<&'a [u8]> {
        let (_, range) = if self.table.is_empty() {
            self.members.iter().find(|(known, _)| known == key)?
        } else {
            self.members.get(*self.table.get(key)?)?
        };
        Some(&self.bytes[range.clone()])
    }
}

/// A list whose elements are told apart by keys.
struct KeyedList<'a> {
    /// Each with its keys as they stand in paths.
    elements: Vec<(String, &'a [u8])>,
    by_keys: HashMap<String, usize>,
}

impl<'a> KeyedList<'a> {
    /// `None` for an empty list, which is a leaf, and unless every element has all keys and they are its own.
    fn of(list: &'a [u8], keys: &[&str]) -> Option<Self> {
        let mut elements = Vec::new();
        let mut by_keys = HashMap::new();
        for range in json::elements(list) {
            let element = &list[range];
            let text = keys_of(element, keys)?;
            if by_keys.insert(text.clone(), elements.len()).is_some() {
                return None;
            }
            elements.push((text, element));
        }
        (!elements.is_empty()).then_some(Self { elements, by_keys })
    }
}

/// The element's keys as they stand in paths: `[name=web]`.
fn keys_of(element: &[u8], keys: &[&str]) -> Option<String> {
    let values = keys.iter().map(|key| {
        let value = json::member(element, key).filter(is_there);
        match value {
            Some(value) if matches!(value.first(), Some(b'{' | b'[')) => None,
            Some(value) => json::string(value).or_else(|| Some(String::from_utf8_lossy(value))),
            None => merge_key::default_of(key).map(Cow::Borrowed),
        }
    });
    let values: Vec<Cow<'_, str>> = values.collect::<Option<_>>()?;
    let mut text = String::new();
    push_keys(&mut text, keys.iter().zip(&values).map(|(key, value)| (*key, value.as_ref())));
    Some(text)
}

/// Whether two values mean the same, however they are written.
pub(super) fn is_same(left: &[u8], right: &[u8], depth: u32) -> bool {
    if left == right {
        return true;
    }
    if depth >= MAX_DEPTH {
        return false;
    }
    match (left.first(), right.first()) {
        (Some(b'"'), Some(b'"')) => json::string(left) == json::string(right),
        (Some(b'{'), Some(b'{')) => match (Object::of(left), Object::of(right)) {
            (None, None) => true,
            (Some(left), Some(right)) => {
                left.members.len() == right.members.len()
                    && left.members().all(|(key, value)| {
                        right.get(key).is_some_and(|other| is_same(value, other, depth + 1))
                    })
            }
            _ => false,
        },
        (Some(b'['), Some(b'[')) => {
            let (mut left_items, mut right_items) = (json::elements(left), json::elements(right));
            loop {
                match (left_items.next(), right_items.next()) {
                    (None, None) => return true,
                    (Some(one), Some(other))
                        if is_same(&left[one.clone()], &right[other.clone()], depth + 1) => {}
                    _ => return false,
                }
            }
        }
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => left.total_cmp(&right).is_eq(),
            _ => false,
        },
    }
}

/// Numbers that a `f64` holds exactly: of longer ones the letters are compared.
fn number(value: &[u8]) -> Option<f64> {
    if value.len() > 15 {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
#[path = "diff/tests.rs"]
pub(super) mod tests;
