//! `taffrail quarantine apply POD`: says what it will do, asks, and labels the pod.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::ask;
use super::cluster::{Refusal, Resource};
use super::containment::{Contained, contained};
use super::marks::{BY, Marks, REASON, SINCE};
use super::outcome::{ObjectBody, Outcome};
use super::plan::{ApplyPlan, isolated};
use super::pod::Pod;
use super::policies::{self, PolicyObject};
use super::survey::Survey;
use super::target::Target;
use crate::args::{Output, PolicyKind, QuarantineApplyArgs};
use crate::cli::answer::{Answer, answer, note};
use crate::cli::visible::visible;
use crate::exit::{FOUND, NOTHING_FOUND, WrongUse};

/// Runs the command.
pub(super) fn run(args: &QuarantineApplyArgs) -> anyhow::Result<ExitCode> {
    if args.print {
        return answer(|out| print(args, out));
    }
    if !args.acting.dry_run {
        ask::somebody_to_ask(args.acting.yes)?;
    }
    let target = Target::open(&args.acting)?;
    answer(|out| apply(args, &target, out))
}

/// Prints the policy; needs no cluster.
fn print(args: &QuarantineApplyArgs, out: &mut Answer) -> anyhow::Result<u8> {
    let acting = &args.acting;
    let kind =
        args.with_policy.ok_or_else(|| WrongUse("--print shows the policy of --with-policy".to_owned()))?;
    let name = super::pod::PodName::new(&acting.pod, acting.namespace.as_deref().unwrap_or("default"))?;
    out.write_all(policies::yaml(kind, &acting.label, &name.namespace).as_bytes())?;
    Ok(FOUND)
}

fn apply(args: &QuarantineApplyArgs, target: &Target<'_>, out: &mut Answer) -> anyhow::Result<u8> {
    let acting = &args.acting;
    let label = &acting.label;
    let pod = target.pod.as_ref();
    let reason = args.reason.as_deref().unwrap_or_default();
    let mut survey = target.survey()?;
    let mut will_be = contained(&survey, &target.name, pod, label);
    let mut made = Vec::new();
    if let Some(kind) = args.with_policy.filter(|_| will_be.verdict != Some(true)) {
        made = missing(policies::objects(kind, label, &target.name.namespace), kind, &survey)?;
        survey.objects.extend(made.iter().map(|made| made.object.clone()));
        will_be = contained(&survey, &target.name, pod, label);
    }
    let by = target.cluster.whoami();
    let plan = ApplyPlan {
        name: &target.name,
        pod,
        label,
        reason,
        by: by.as_deref(),
        asked_policy: args.with_policy,
        made: &made,
        contained: &will_be,
    };
    let outcome = Outcome::new("apply", &target.name, pod, label.to_string()).contained(&will_be);
    if !plan.sets_label() && made.is_empty() {
        return already(args, target, &will_be, outcome, out);
    }
    target.show(out, &plan.lines())?;
    if acting.dry_run {
        note("nothing was done (--dry-run)");
        let created = ObjectBody::all(&made);
        return Outcome { dry_run: true, created, ..outcome }.finish(acting.format, out);
    }
    if !acting.yes && !ask::agreed(&format!("\nQuarantine pod {}?", target.name))? {
        note("nothing was done");
        return Ok(NOTHING_FOUND);
    }
    create(target, &made)?;
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let outcome = Outcome { changed: true, created: ObjectBody::all(&made), ..outcome };
    let outcome = if plan.sets_label() {
        let marks = Marks { reason, since: &now, by: by.as_deref() };
        set_label(args, target, &marks).with_context(|| match made.as_slice() {
            [] => "the pod was not labelled".to_owned(),
            made => format!("{} made, but the pod was not labelled", in_words(made)),
        })?;
        Outcome { since: Some(&now), reason: Some(reason), by: by.as_deref(), ..outcome }
    } else {
        marked(outcome, pod)
    };
    if acting.format == Output::Table {
        done(target, &plan, outcome.since, out)?;
    }
    outcome.finish(acting.format, out)
}

/// With what the pod says of itself.
fn marked<'a>(outcome: Outcome<'a>, pod: Option<&'a Pod>) -> Outcome<'a> {
    let mark = |key: &str| pod.and_then(|pod| pod.annotation(key));
    Outcome { since: mark(SINCE), reason: mark(REASON), by: mark(BY), ..outcome }
}

/// What has to be made; an error if something else has its name, or nobody would look at it.
fn missing(
    wanted: Vec<PolicyObject>,
    kind: PolicyKind,
    survey: &Survey,
) -> anyhow::Result<Vec<PolicyObject>> {
    let mut missing = Vec::new();
    for object in wanted {
        if !survey.serves(object.of) {
            return Err(anyhow!("{}", not_served(object.of, kind)));
        }
        match survey.objects.iter().find(|other| object.is_named(other)) {
            None => missing.push(object),
            // Whatever it is set to: others rely on it.
            Some(_) if object.of == Resource::TIERS => {}
            Some(other) if object.does_the_same(other) => {}
            Some(_) => {
                return Err(anyhow!(
                    "there is a {} already, it says something else, and it does not contain the pod; nothing was done. Change or \
                     remove it, or apply your own policy: --with-policy {} --print shows what it would be",
                    object.in_words(),
                    kind.name()
                ));
            }
        }
    }
    Ok(missing)
}

fn not_served(of: Resource, kind: PolicyKind) -> String {
    let hint = match kind {
        PolicyKind::Calico => {
            "if it runs Calico without its API server, make the policy with calicoctl: --with-policy calico --print | calicoctl apply -f -"
        }
        PolicyKind::Cilium | PolicyKind::Networkpolicy => {
            "choose the kind of policy that its network plugin knows"
        }
    };
    format!("this cluster has no {} ({}); nothing was done; {hint}", of.full_name(), of.api_version())
}

fn create(target: &Target<'_>, made: &[PolicyObject]) -> anyhow::Result<()> {
    for (index, object) in made.iter().enumerate() {
        let created = target.cluster.create(object.of, object.namespace.as_deref(), &object.object);
        let name = object.in_words();
        let before = match made.get(..index).unwrap_or_default() {
            [] => "nothing was done".to_owned(),
            before => format!("{} made before, the pod was not labelled", in_words(before)),
        };
        match created {
            Ok(_) => {}
            // One that the caller may not read is there as it should be.
            Err(Refusal::Conflict(_)) if object.of == Resource::TIERS => {}
            Err(Refusal::Conflict(message)) => {
                return Err(anyhow!(
                    "{name} is there already ({message}); {before}. Look at it, and run the command again"
                ));
            }
            Err(Refusal::Forbidden(message)) => {
                return Err(anyhow!(
                    "{message}; {before}. Who may create {} can do it: --with-policy KIND --print shows the policy. Without \
                     --with-policy the pod is only labelled",
                    object.of.full_name()
                ));
            }
            Err(refusal) => return Err(anyhow!("cannot create {name}: {refusal}; {before}")),
        }
    }
    Ok(())
}

fn set_label(args: &QuarantineApplyArgs, target: &Target<'_>, marks: &Marks<'_>) -> anyhow::Result<()> {
    let label = &args.acting.label;
    let pod = target.patch(&marks.patch(label, target.uid()))?;
    if pod.is_isolated(label) {
        return Ok(());
    }
    Err(anyhow!(
        "the API server took the patch, and the pod carries no label {label}: does an admission webhook remove it?"
    ))
}

/// It carries the label already, and there is nothing to make.
fn already(
    args: &QuarantineApplyArgs,
    target: &Target<'_>,
    contained: &Contained,
    outcome: Outcome<'_>,
    out: &mut Answer,
) -> anyhow::Result<u8> {
    let Some(pod) = &target.pod else { return Ok(FOUND) };
    if args.acting.format == Output::Table {
        writeln!(
            out,
            "pod {} is there already: {}",
            target.name,
            visible(&isolated(pod, &args.acting.label))
        )?;
        contained.present().iter().try_for_each(|line| writeln!(out, "{}", visible(line)))?;
    }
    note("nothing was done");
    Outcome { dry_run: args.acting.dry_run, ..marked(outcome, Some(pod)) }.finish(args.acting.format, out)
}

fn done(
    target: &Target<'_>,
    plan: &ApplyPlan<'_>,
    since: Option<&str>,
    out: &mut Answer,
) -> anyhow::Result<()> {
    writeln!(out)?;
    if !plan.made.is_empty() {
        writeln!(
            out,
            "Made: {}.",
            plan.made.iter().map(PolicyObject::in_words).collect::<Vec<_>>().join(", ")
        )?;
    }
    let since = since.map(|since| format!(" since {}", visible(since))).unwrap_or_default();
    writeln!(out, "Pod {} carries {}{since}.", target.name, plan.label)?;
    writeln!(out, "What it does from now on:  {}", target.command("show"))?;
    writeln!(out, "To undo it:                {}", target.command("release"))?;
    if plan.contained.verdict != Some(true) {
        note("mind that no policy is known to contain it");
    }
    Ok(())
}

/// `tier security and globalnetworkpolicy security.quarantine were`
fn in_words(made: &[PolicyObject]) -> String {
    let names: Vec<String> = made.iter().map(PolicyObject::in_words).collect();
    format!("{} {}", names.join(" and "), if made.len() == 1 { "was" } else { "were" })
}
