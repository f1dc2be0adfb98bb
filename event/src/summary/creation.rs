//! What is new, and the little that makes it known: images, ports, keys, rules.

use super::phrase::{CREATED, Phrase};
use super::told::Told;
use super::{approval, data, endpoints, line, network, rbac, workload};
use crate::json;

pub(super) fn phrase(told: &Told<'_>) -> Phrase {
    match told.object.subresource.as_str() {
        "" => {}
        "binding" => return workload::bound(told),
        _ => return super::verb::phrase(told),
    }
    if let Some(granted) = rbac::granted(told) {
        return granted;
    }
    let facts = facts(told).map(|facts| format!(" ({facts})")).unwrap_or_default();
    let privileged = if is_privileged(told) { "privileged " } else { "" };
    Phrase::new(CREATED, format!("{privileged}{}{facts}", told.what()))
}

fn facts(told: &Told<'_>) -> Option<String> {
    match (told.object.group.as_str(), told.object.resource.as_str()) {
        ("", "configmaps" | "secrets") => data::keys(told),
        ("", "services") => service(told),
        ("networking.k8s.io", "ingresses") => hosts(told),
        (approval::GROUP, "certificatesigningrequests") => approval::details(told),
        ("admissionregistration.k8s.io", _) => admission(told),
        _ => network::policy(told)
            .or_else(|| endpoints::created(told))
            .or_else(|| rbac::rules(told))
            .or_else(|| workload(told)),
    }
}

/// `3 replicas, image nginx:1.27`
fn workload(told: &Told<'_>) -> Option<String> {
    let body = told.body()?;
    let pod = pod_spec(told)?;
    let images: Vec<_> = line::list_at(pod, &["containers"])
        .into_iter()
        .map(|container| line::cut(&line::text_at(container, &["image"]), 200))
        .filter(|image| !image.is_empty())
        .collect();
    let mut facts = Vec::new();
    if let Some(replicas) = line::at(body, &["spec", "replicas"]).and_then(json::integer) {
        facts.push(if replicas == 1 { "1 replica".to_owned() } else { format!("{replicas} replicas") });
    }
    let schedule = line::text_at(body, &["spec", "schedule"]);
    if !schedule.is_empty() {
        facts.push(format!("schedule {}", line::short(&schedule)));
    }
    for (key, word) in [("hostNetwork", "host network"), ("hostPID", "host PIDs"), ("hostIPC", "host IPC")] {
        if line::at(pod, &[key]) == Some(b"true") {
            facts.push(word.to_owned());
        }
    }
    if !images.is_empty() {
        facts.push(format!("image {}", line::first_of(&images)));
    }
    (!facts.is_empty()).then(|| facts.join(", "))
}

/// Where the containers are: of a pod, a template, or the template of a template.
fn pod_spec<'a>(told: &Told<'a>) -> Option<&'a [u8]> {
    let spec = told.in_body(&["spec"])?;
    if told.is("", "pods") {
        return Some(spec);
    }
    line::at(spec, &["template", "spec"])
        .or_else(|| line::at(spec, &["jobTemplate", "spec", "template", "spec"]))
}

fn is_privileged(told: &Told<'_>) -> bool {
    let Some(pod) = pod_spec(told) else { return false };
    ["containers", "initContainers"]
        .iter()
        .flat_map(|list| line::list_at(pod, &[list]))
        .any(|container| line::at(container, &["securityContext", "privileged"]) == Some(b"true"))
}

/// `LoadBalancer, port 80`
fn service(told: &Told<'_>) -> Option<String> {
    let kind = told.text_in_body(&["spec", "type"]);
    let ports: Vec<_> = line::list_at(told.in_body(&["spec"])?, &["ports"])
        .into_iter()
        .filter_map(|port| line::at(port, &["port"]).and_then(line::value))
        .collect();
    let mut facts = Vec::new();
    if !matches!(kind.as_str(), "" | "ClusterIP") {
        facts.push(line::short(&kind));
    }
    if !ports.is_empty() {
        facts.push(format!("port {}", line::first_of(&ports)));
    }
    (!facts.is_empty()).then(|| facts.join(", "))
}

fn hosts(told: &Told<'_>) -> Option<String> {
    let hosts: Vec<_> = line::list_at(told.in_body(&["spec"])?, &["rules"])
        .into_iter()
        .map(|rule| line::short(&line::text_at(rule, &["host"])))
        .filter(|host| !host.is_empty())
        .collect();
    (!hosts.is_empty()).then(|| format!("host {}", line::first_of(&hosts)))
}

/// Webhooks with what happens when they fail; of a policy's binding which policy it is and what it does.
fn admission(told: &Told<'_>) -> Option<String> {
    let body = told.body()?;
    let webhooks: Vec<_> = line::list_at(body, &["webhooks"])
        .into_iter()
        .map(|webhook| {
            let text = |key| line::short(&line::text_at(webhook, &[key]));
            let (name, policy) = (text("name"), text("failurePolicy"));
            if policy.is_empty() { name } else { format!("{name}, failurePolicy {policy}") }
        })
        .collect();
    if !webhooks.is_empty() {
        return Some(format!("webhook {}", line::first_of(&webhooks)));
    }
    let policy = line::text_at(body, &["spec", "policyName"]);
    if !policy.is_empty() {
        let actions = line::texts_at(body, &["spec", "validationActions"]).join(", ");
        let actions = if actions.is_empty() { actions } else { format!(", {}", line::short(&actions)) };
        return Some(format!("policy {}{actions}", line::name(&policy)));
    }
    let failure = line::text_at(body, &["spec", "failurePolicy"]);
    (!failure.is_empty()).then(|| format!("failurePolicy {}", line::short(&failure)))
}
