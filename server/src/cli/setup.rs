//! `taffrail setup PLATFORM`: everything that connects a cluster, made to be followed step by step.
//!
//! [`Wiring`] is what was asked for, checked; each platform makes a [`Plan`] of it: files, steps, how to see that it works,
//! how to undo it. Nothing here talks to a cluster: what is printed is what somebody reviews and applies.

mod address;
mod apiserver;
mod clouds;
mod credentials;
mod files;
mod kubeadm;
mod kubeconfig;
mod openshift;
mod plan;
mod rancher;
mod talos;
mod wiring;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use self::plan::Plan;
use self::wiring::Wiring;
use super::answer::answer;
use crate::args::{Platform, SetupArgs};
use crate::exit::{FOUND, WrongUse};

/// The audit policy, for whoever can choose one.
const AUDIT_POLICY: &str = include_str!("setup/audit-policy.yaml");

/// Runs the command.
pub(crate) fn run(args: &SetupArgs) -> anyhow::Result<ExitCode> {
    let wiring = Wiring::new(args)?;
    let plan = plan(args.platform, &wiring)?;
    if let Some(dir) = &args.out {
        files::write(dir, &plan.files, args.force)?;
    }
    answer(|out| {
        out.write_all(plan.in_words(args.out.as_deref().map(Path::to_string_lossy).as_deref()).as_bytes())?;
        Ok(FOUND)
    })
}

fn plan(platform: Platform, wiring: &Wiring) -> Result<Plan, WrongUse> {
    match platform {
        Platform::Kubeadm => Ok(kubeadm::plan(wiring)),
        Platform::Kind => Ok(kubeadm::kind_plan(wiring)),
        Platform::K3s => Ok(rancher::k3s_plan(wiring)),
        Platform::Rke2 => Ok(rancher::rke2_plan(wiring)),
        Platform::Talos => Ok(talos::plan(wiring)),
        Platform::Openshift => openshift::plan(wiring),
        Platform::Eks => clouds::eks_plan(wiring),
        Platform::Aks => clouds::aks_plan(wiring),
        Platform::Gke => clouds::gke_plan(wiring),
    }
}
