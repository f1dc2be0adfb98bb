//! The objects that an API server of a test holds, and what it does with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Asked;
use super::answers::status;

const BUILT_IN: &[&str] = &["v1", "networking.k8s.io/v1", "authentication.k8s.io/v1"];

const PLURALS: &[(&str, &str)] = &[
    ("Pod", "pods"),
    ("Namespace", "namespaces"),
    ("NetworkPolicy", "networkpolicies"),
    ("Tier", "tiers"),
    ("GlobalNetworkPolicy", "globalnetworkpolicies"),
    ("CiliumNetworkPolicy", "ciliumnetworkpolicies"),
    ("CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies"),
];

/// Code, content type and body of an answer.
type Answer = (u16, &'static str, String);

#[derive(Debug, Default)]
pub(super) struct Objects {
    held: BTreeMap<Place, Value>,
    served: Vec<String>,
    refused: Vec<(String, String, u16)>,
    versions: u64,
    pub(super) asked: Vec<Asked>,
}

/// Where an object is, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    group_version: String,
    pub(super) resource: String,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
}

impl Place {
    fn of_path(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let group_version = match parts.next()? {
            "api" => parts.next()?.to_owned(),
            "apis" => format!("{}/{}", parts.next()?, parts.next()?),
            _ => return None,
        };
        let rest: Vec<&str> = parts.collect();
        let (namespace, rest) = match rest.as_slice() {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some((*namespace).to_owned()), rest),
            rest => (None, rest),
        };
        let (resource, name) = match rest {
            [resource] => (*resource, None),
            [resource, name] => (*resource, Some((*name).to_owned())),
            _ => return None,
        };
        Some(Self { group_version, resource: resource.to_owned(), namespace, name })
    }

    fn of_object(object: &Value) -> Self {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let kind = text("/kind").expect("an object has a kind");
        let plural = PLURALS.iter().find(|(known, _)| *known == kind);
        Self {
            group_version: text("/apiVersion").expect("an object has a version"),
            resource: plural.unwrap_or_else(|| panic!("the plural of {kind} is not known")).1.to_owned(),
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name"),
        }
    }

    pub(super) fn group(&self) -> &str {
        self.group_version.split_once('/').map_or("", |(group, _)| group)
    }

    fn is_in(&self, list: &Self) -> bool {
        self.group_version == list.group_version
            && self.resource == list.resource
            && (list.namespace.is_none() || self.namespace == list.namespace)
    }
}

impl Objects {
    pub(super) fn serve(&mut self, group_version: &str) {
        self.served.push(group_version.to_owned());
    }

    pub(super) fn refuse(&mut self, method: &str, path: &str, code: u16) {
        self.refused.push((method.to_owned(), path.to_owned(), code));
    }

    pub(super) fn put(&mut self, mut object: Value) -> Value {
        self.versions += 1;
        let metadata = &mut object["metadata"];
        if metadata["uid"].is_null() {
            metadata["uid"] = json!(format!("00000000-0000-4000-8000-{:012}", self.versions));
            metadata["creationTimestamp"] = json!("2026-11-23T16:00:00Z");
        }
        metadata["resourceVersion"] = json!(self.versions.to_string());
        self.held.insert(Place::of_object(&object), object.clone());
        object
    }

    pub(super) fn at(&self, path: &str) -> Option<Value> {
        self.held.get(&Place::of_path(path)?).cloned()
    }

    pub(super) fn answer(&mut self, asked: Asked, is_alice: bool) -> Answer {
        let place = Place::of_path(&asked.path);
        let answered = self.decide(&asked, place.as_ref(), is_alice);
        let method = asked.method.clone();
        self.asked.push(asked);
        match answered {
            Ok((code, object)) => (code, "application/json", object.to_string()),
            // What knows no such group answers in plain text.
            Err(0) => (404, "text/plain; charset=utf-8", "404 page not found\n".to_owned()),
            Err(code) => (code, "application/json", status(code, &method, place.as_ref()).to_string()),
        }
    }

    fn decide(&mut self, asked: &Asked, place: Option<&Place>, is_alice: bool) -> Result<(u16, Value), u16> {
        let method = asked.method.as_str();
        if !is_alice {
            return Err(401);
        }
        let refusal = |(refused, path, _): &&(String, String, u16)| {
            let is_meant = asked.path == *path || (path.ends_with('/') && asked.path.starts_with(path));
            refused == method && is_meant
        };
        if let Some((_, _, code)) = self.refused.iter().find(refusal) {
            return Err(*code);
        }
        if asked.path == "/apis" {
            return Ok((200, self.groups()));
        }
        let place = place.ok_or(0_u16)?;
        let is_served =
            BUILT_IN.contains(&place.group_version.as_str()) || self.served.contains(&place.group_version);
        if !is_served {
            return Err(0);
        }
        if method == "POST" && place.resource == "selfsubjectreviews" {
            let info = json!({"username": "alice", "groups": ["platform-team", "system:authenticated"]});
            return Ok((
                201,
                json!({"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "status": {"userInfo": info}}),
            ));
        }
        match (method, &place.name) {
            ("GET", Some(_)) => Ok((200, self.held.get(place).ok_or(404_u16)?.clone())),
            ("GET", None) => Ok((200, self.list(place, &asked.query))),
            ("POST", None) => {
                let made = Place::of_object(&asked.body);
                if self.held.contains_key(&made) {
                    return Err(409);
                }
                Ok((201, self.put(asked.body.clone())))
            }
            ("PATCH", Some(_)) if asked.content_type == "application/merge-patch+json" => {
                let mut object = self.held.get(place).ok_or(404_u16)?.clone();
                let uid = asked.body.pointer("/metadata/uid");
                if uid.is_some_and(|uid| Some(uid) != object.pointer("/metadata/uid")) {
                    return Err(422);
                }
                merge(&mut object, &asked.body);
                Ok((200, self.put(object)))
            }
            ("DELETE", Some(_)) => {
                let object = self.held.get(place).ok_or(404_u16)?;
                let uid = asked.body.pointer("/preconditions/uid");
                if uid.is_some_and(|uid| Some(uid) != object.pointer("/metadata/uid")) {
                    return Err(409);
                }
                self.held.remove(place);
                Ok((200, json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})))
            }
            _ => Err(500),
        }
    }

    fn groups(&self) -> Value {
        let served = BUILT_IN.iter().copied().chain(self.served.iter().map(String::as_str));
        let groups = served.filter_map(|version| version.split_once('/')).map(|(group, version)| {
            let version = json!({"groupVersion": format!("{group}/{version}"), "version": version});
            json!({"name": group, "versions": [version], "preferredVersion": version})
        });
        json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups.collect::<Vec<_>>()})
    }

    /// A page of a list; those of built-in kinds leave out what their items are.
    fn list(&self, place: &Place, query: &str) -> Value {
        let parameter = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let number = |name: &str| parameter(name).and_then(|text| text.parse::<usize>().ok());
        let label = parameter("labelSelector").map(|text| text.replace("%3D", "=").replace("%2F", "/"));
        let is_selected = |object: &&Value| {
            let Some((key, value)) = label.as_deref().and_then(|label| label.split_once('=')) else {
                return true;
            };
            object
                .pointer("/metadata/labels")
                .and_then(|labels| labels.get(key))
                .is_some_and(|found| found == value)
        };
        let items = self.held.iter().filter(|(held, _)| held.is_in(place)).map(|(_, object)| object);
        let mut items: Vec<Value> = items.filter(is_selected).cloned().collect();
        if BUILT_IN.contains(&place.group_version.as_str()) {
            for members in items.iter_mut().filter_map(Value::as_object_mut) {
                members.retain(|key, _| key != "kind" && key != "apiVersion");
            }
        }
        let from = number("continue").unwrap_or(0);
        let limit = number("limit").unwrap_or(usize::MAX);
        let next = from.saturating_add(limit);
        let more = if next < items.len() { next.to_string() } else { String::new() };
        let page: Vec<Value> = items.into_iter().skip(from).take(limit).collect();
        json!({
            "kind": "List", "apiVersion": place.group_version,
            "metadata": {"resourceVersion": self.versions.to_string(), "continue": more}, "items": page,
        })
    }
}

/// RFC 7386.
fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    for (key, part) in patch {
        if part.is_null() {
            value.as_object_mut().and_then(|members| members.remove(key));
        } else {
            merge(&mut value[key], part);
        }
    }
}
