//! Endpoints of services: which addresses came, went, or became ready.

use super::fields::{Field, Rank, Said};
use super::line;
use super::phrase::{ADDED, Phrase, REMOVED, Verb};
use super::place::Word;
use super::told::Told;
use crate::json;

const MARKED: Verb = Verb::new("marked", "marking");

/// The label of an `EndpointSlice` that names its service.
const SERVICE: &str = "kubernetes.io/service-name";

/// An address behind a service.
#[derive(Debug, PartialEq, Eq)]
struct Endpoint {
    address: String,
    pod: String,
    is_ready: bool,
}

pub(super) fn said(told: &Told<'_>, field: Field<'_>) -> Option<Said> {
    let read = match (field.words, told.object.resource.as_str()) {
        ([Word::M("endpoints")], "endpointslices") if told.object.group == "discovery.k8s.io" => of_slice,
        ([Word::M("subsets")], "endpoints") if told.object.group.is_empty() => of_subsets,
        _ => return None,
    };
    let (before, after) = (read(field.before?), read(field.after?));
    let is_in =
        |list: &[Endpoint], endpoint: &Endpoint| list.iter().any(|known| known.address == endpoint.address);
    let added: Vec<_> = after.iter().filter(|endpoint| !is_in(&before, endpoint)).collect();
    let removed: Vec<_> = before.iter().filter(|endpoint| !is_in(&after, endpoint)).collect();
    let turned: Vec<_> = after
        .iter()
        .filter(|endpoint| {
            before
                .iter()
                .any(|known| known.address == endpoint.address && known.is_ready != endpoint.is_ready)
        })
        .collect();
    let service = service(told);
    let phrase = match (added.as_slice(), removed.as_slice(), turned.as_slice()) {
        ([], [], []) => return None,
        ([], [first, ..], _) => {
            Phrase::new(REMOVED, format!("{} from {service}{}", many(&removed), pod(first, &removed)))
        }
        ([first, ..], [], _) => {
            Phrase::new(ADDED, format!("{} to {service}{}", many(&added), pod(first, &added)))
        }
        ([], [], [first, ..]) => {
            let is_same = turned.iter().all(|endpoint| endpoint.is_ready == first.is_ready);
            let state = match (is_same, first.is_ready) {
                (true, true) => "ready",
                (true, false) => "not ready",
                (false, _) => "ready or not",
            };
            Phrase::new(MARKED, format!("{} of {service} {state}{}", many(&turned), pod(first, &turned)))
        }
        (added, removed, _) => {
            let (new, old) = (many(added), many(removed));
            Phrase::new(ADDED, format!("{new} to {service} and removed {old}"))
        }
    };
    Some(Said { rank: Rank::Network, phrase, covers: field.words.len() })
}

/// What a slice that was created holds: `2 endpoints of service shop/api`.
pub(super) fn created(told: &Told<'_>) -> Option<String> {
    if !told.is("discovery.k8s.io", "endpointslices") {
        return None;
    }
    let number = line::list_at(told.body()?, &["endpoints"]).len();
    Some(format!("{} of {}", line::count(number, "endpoint"), service(told)))
}

/// `endpoint 10.244.2.4`, `3 endpoints`
fn many(endpoints: &[&Endpoint]) -> String {
    match endpoints {
        [one] => format!("endpoint {}", one.address),
        many => format!("{} endpoints", many.len()),
    }
}

fn pod(first: &Endpoint, all: &[&Endpoint]) -> String {
    match all {
        [_] if !first.pod.is_empty() => format!(" (pod {})", first.pod),
        [_, rest @ ..] if !first.pod.is_empty() && !rest.is_empty() => {
            format!(" (pod {} and {} more)", first.pod, rest.len())
        }
        _ => String::new(),
    }
}

/// `service shop/api`; an Endpoints object bears the name of its service.
fn service(told: &Told<'_>) -> String {
    let name = match told.object.resource.as_str() {
        "endpoints" => told.name(),
        _ => line::name(&told.text_in_body(&["metadata", "labels", SERVICE])),
    };
    if name.is_empty() { told.what() } else { format!("service {}/{name}", told.namespace()) }
}

fn of_slice(list: &[u8]) -> Vec<Endpoint> {
    let endpoint = |endpoint: &[u8]| Endpoint {
        address: line::texts_at(endpoint, &["addresses"])
            .first()
            .map(|text| line::short(text))
            .unwrap_or_default(),
        pod: pod_of(endpoint),
        // Absent means ready.
        is_ready: line::at(endpoint, &["conditions", "ready"]) != Some(b"false"),
    };
    json::elements(list).map(|range| endpoint(&list[range])).collect()
}

fn of_subsets(list: &[u8]) -> Vec<Endpoint> {
    let mut found: Vec<Endpoint> = Vec::new();
    for range in json::elements(list) {
        let subset = &list[range];
        for (key, is_ready) in [("addresses", true), ("notReadyAddresses", false)] {
            for address in line::list_at(subset, &[key]) {
                let ip = line::short(&line::text_at(address, &["ip"]));
                found.push(Endpoint { address: ip, pod: pod_of(address), is_ready });
            }
        }
    }
    found
}

fn pod_of(endpoint: &[u8]) -> String {
    let is_pod = line::text_at(endpoint, &["targetRef", "kind"]) == "Pod";
    if is_pod { line::name(&line::text_at(endpoint, &["targetRef", "name"])) } else { String::new() }
}
