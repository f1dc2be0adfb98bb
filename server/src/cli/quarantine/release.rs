//! `taffrail quarantine release POD`: takes away what `apply` set.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::ask;
use super::cluster::{Refusal, Resource};
use super::marks::{BY, REASON, SINCE, removal};
use super::outcome::{ObjectBody, Outcome};
use super::plan::ReleasePlan;
use super::pod::Pod;
use super::policies::{self, PolicyObject};
use super::target::Target;
use crate::args::{Output, PolicyKind, QuarantineReleaseArgs};
use crate::cli::answer::{Answer, answer, note};
use crate::exit::NOTHING_FOUND;

/// Runs the command.
pub(super) fn run(args: &QuarantineReleaseArgs) -> anyhow::Result<ExitCode> {
    if !args.acting.dry_run {
        ask::somebody_to_ask(args.acting.yes)?;
    }
    let target = Target::open(&args.acting)?;
    answer(|out| release(args, &target, out))
}

fn release(args: &QuarantineReleaseArgs, target: &Target<'_>, out: &mut Answer) -> anyhow::Result<u8> {
    let acting = &args.acting;
    let label = &acting.label;
    let pod = target.pod.as_ref();
    let outcome = Outcome::new("release", &target.name, pod, label.to_string());
    let outcome = Outcome {
        dry_run: acting.dry_run,
        since: pod.and_then(|pod| pod.annotation(SINCE)),
        reason: pod.and_then(|pod| pod.annotation(REASON)),
        by: pod.and_then(|pod| pod.annotation(BY)),
        ..outcome
    };
    let is_marked = |pod: &Pod| {
        pod.is_isolated(label) || [REASON, SINCE, BY].iter().any(|mark| pod.annotation(mark).is_some())
    };
    let (removed, kept) = match args.with_policy {
        Some(kind) => what_goes(target, args, kind)?,
        None => (Vec::new(), vec!["policies; they contain whatever carries the label".to_owned()]),
    };
    if pod.is_some_and(|pod| !is_marked(pod)) && removed.is_empty() {
        note(&format!("pod {} carries no label {label}; nothing was done", target.name));
        return outcome.finish(acting.format, out);
    }
    let plan = ReleasePlan {
        name: &target.name,
        pod,
        label,
        removed: &removed.iter().map(|(object, _)| object.clone()).collect::<Vec<_>>(),
        kept: &kept,
    };
    target.show(out, &plan.lines())?;
    if acting.dry_run {
        note("nothing was done (--dry-run)");
        return Outcome { removed: ObjectBody::all(plan.removed), ..outcome }.finish(acting.format, out);
    }
    if !acting.yes && !ask::agreed(&format!("\nRelease pod {}?", target.name))? {
        note("nothing was done");
        return Ok(NOTHING_FOUND);
    }
    target.patch(&removal(label, target.uid())).context("the pod was not released")?;
    for (object, read) in &removed {
        let deleted = target.cluster.delete(object.of, object.namespace.as_deref(), read);
        match deleted {
            Ok(_) | Err(Refusal::NotFound(_)) => {}
            Err(refusal) => {
                return Err(anyhow!("the pod was released, but {} stays: {refusal}", object.in_words()));
            }
        }
    }
    if acting.format == Output::Table {
        writeln!(out, "\nPod {} carries no label {label} any more.", target.name)?;
        writeln!(out, "What it did meanwhile:  {}", target.command("show"))?;
    }
    Outcome { changed: true, removed: ObjectBody::all(plan.removed), ..outcome }.finish(acting.format, out)
}

/// Policies that go, each as it is there, and why others stay.
type Gone = (Vec<(PolicyObject, serde_json::Value)>, Vec<String>);

/// The policies that go, and those that stay.
fn what_goes(target: &Target<'_>, args: &QuarantineReleaseArgs, kind: PolicyKind) -> anyhow::Result<Gone> {
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    let label = &args.acting.label;
    for object in policies::objects(kind, label, &target.name.namespace) {
        let name = object.in_words();
        if object.of == Resource::TIERS {
            kept.push(format!("{name}; a tier without policies does nothing, and others may use it"));
            continue;
        }
        let read = match target.cluster.get(object.of, object.namespace.as_deref(), object.name()) {
            Ok(read) => read,
            Err(Refusal::NotFound(_)) => continue,
            Err(Refusal::Forbidden(_)) => {
                kept.push(format!("{name}, if it is there; you may not read it"));
                continue;
            }
            Err(refusal) => return Err(refusal.into()),
        };
        if !policies::is_ours(&read) {
            kept.push(format!("{name}; `taffrail quarantine apply` did not make it"));
            continue;
        }
        match others(target, &label.to_string(), object.namespace.as_deref())? {
            Some(0) => gone.push((object, read)),
            Some(others) => kept.push(format!(
                "{name}; {} by the label {label}",
                if others == 1 {
                    "another pod is isolated".to_owned()
                } else {
                    format!("{others} other pods are isolated")
                }
            )),
            None => kept.push(format!("{name}; other pods may need it, and you may not list them")),
        }
    }
    Ok((gone, kept))
}

/// How many other pods carry the label; `None` if that cannot be known.
fn others(target: &Target<'_>, label: &str, namespace: Option<&str>) -> anyhow::Result<Option<u64>> {
    match target.cluster.list(Resource::PODS, namespace, Some(label)) {
        Ok(pods) => {
            let text = |pod: &serde_json::Value, pointer: &str| {
                pod.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
            };
            let is_other = |pod: &&serde_json::Value| {
                (text(pod, "/metadata/namespace"), text(pod, "/metadata/name"))
                    != (target.name.namespace.clone(), target.name.name.clone())
            };
            Ok(Some(pods.iter().filter(is_other).count() as u64))
        }
        Err(Refusal::Forbidden(_)) => Ok(None),
        Err(refusal) => Err(refusal.into()),
    }
}
