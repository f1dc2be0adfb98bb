//! `taffrail setup`: which control plane, and where its events go.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

/// Who runs the API servers, and so how they can be told to send their audit events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Platform {
    /// A control plane of kubeadm's static pods
    Kubeadm,
    /// Kubernetes in Docker, for trying things out
    Kind,
    /// K3s servers
    K3s,
    /// RKE2 servers
    Rke2,
    /// Talos Linux
    Talos,
    /// OpenShift: its log collector forwards
    Openshift,
    /// Amazon EKS, through CloudWatch
    Eks,
    /// Azure AKS, through an Event Hub
    Aks,
    /// Google GKE, through Pub/Sub
    Gke,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("way").required(true).multiple(true).args(["url", "tail"])))]
pub(crate) struct SetupArgs {
    /// What runs the control plane
    #[arg(value_name = "PLATFORM", value_enum)]
    pub(crate) platform: Platform,
    /// Name that the cluster's events get
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: String,
    /// Ingest address of the server, as the API servers reach it, e.g. https://10.0.0.5:8586
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Take http:// for another machine: everything is sent in the clear, and anybody can forge events
    #[arg(long, requires = "url")]
    pub(crate) allow_insecure: bool,
    /// Certificates that vouch for the server's (PEM)
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) ca: Option<PathBuf>,
    /// File with the token of this cluster [default: a placeholder, and the line that makes a token]
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) token_file: Option<PathBuf>,
    /// Client certificate that the API servers show (PEM)
    #[arg(long, value_name = "FILE", requires_all = ["url", "client_key"])]
    pub(crate) client_cert: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
    /// Have the API server write log files, which a Taffrail on the same machine follows; with --url both ways at once
    #[arg(long)]
    pub(crate) tail: bool,
    /// Write the files into this directory instead of printing them
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace files that are there already
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}
