//! The cluster that is acted upon, through the caller's own kubeconfig.
//!
//! Objects go in and out as JSON: what is read is shown or handed to the walk through policies whole, whatever the release
//! of the cluster puts into it.

mod resource;
mod trouble;

use std::collections::BTreeSet;
use std::time::Duration;

use hyper::http::{HeaderValue, Request, header};
use kube::api::{
    DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions, Request as Asked,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub(super) use self::resource::Resource;
pub(super) use self::trouble::Refusal;
use crate::args::ClusterArgs;
use crate::exit::WrongUse;

/// Who writes, as the objects' managed fields and audit events name it.
pub(super) const FIELD_MANAGER: &str = "taffrail";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// For one request with its answer. An API server gives up after twice that.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Objects that a list is asked for at once.
const PAGE: u32 = 500;

/// No cluster has that many policies; a list that goes on for ever is not read for ever.
const MAX_LISTED: usize = 20_000;

/// A connection to one API server. What it does blocks.
pub(super) struct Cluster {
    runtime: Runtime,
    client: Client,
    url: String,
    namespace: String,
}

impl Cluster {
    /// As kubectl connects: by the kubeconfig and context that were named, else by the usual ones, else as a pod does.
    pub(super) fn connect(args: &ClusterArgs) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut config = runtime.block_on(config(args))?;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        // It would go on for minutes; whoever isolates a pod wants to know that the server is overloaded.
        config.default_retry = false;
        let agent = concat!("taffrail/", env!("CARGO_PKG_VERSION"));
        config.headers.push((header::USER_AGENT, HeaderValue::from_static(agent)));
        let url = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let namespace = config.default_namespace.clone();
        let client = {
            // It starts a task that hands requests on.
            let _inside = runtime.enter();
            Client::try_from(config).map_err(|error| Refusal::of(&url, error))?
        };
        Ok(Self { runtime, client, url, namespace })
    }

    /// The namespace of the context.
    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Where it is.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The groups that it serves; `None` if it does not tell the caller.
    pub(super) fn groups(&self) -> Result<Option<BTreeSet<String>>, Refusal> {
        let asked = Request::get("/apis").body(Vec::new());
        let asked = asked.map_err(|error| Refusal::Failed(error.to_string()))?;
        match self.send(asked) {
            Ok(answer) => {
                let groups = answer["groups"].as_array().into_iter().flatten();
                Ok(Some(groups.filter_map(|group| group["name"].as_str()).map(str::to_owned).collect()))
            }
            Err(refusal) if refusal.is_final() => Err(refusal),
            Err(_) => Ok(None),
        }
    }

    /// One object.
    pub(super) fn get(&self, of: Resource, namespace: Option<&str>, name: &str) -> Result<Value, Refusal> {
        self.ask(Asked::new(of.path(namespace)).get(name, &GetParams::default()))
    }

    /// All objects, each with its kind, which lists leave out.
    pub(super) fn list(
        &self,
        of: Resource,
        namespace: Option<&str>,
        labels: Option<&str>,
    ) -> Result<Vec<Value>, Refusal> {
        let mut listed: Vec<Value> = Vec::new();
        let mut params = ListParams::default().limit(PAGE);
        params.label_selector = labels.map(str::to_owned);
        loop {
            let mut page = self.ask(Asked::new(of.path(namespace)).list(&params))?;
            let next =
                page.pointer("/metadata/continue").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                listed.extend(items.into_iter().map(|item| of.named(item)));
            }
            match () {
                () if next.is_empty() => return Ok(listed),
                () if listed.len() >= MAX_LISTED => {
                    let text = format!("there are more than {MAX_LISTED} of them");
                    return Err(Refusal::Failed(text));
                }
                () => params.continue_token = Some(next),
            }
        }
    }

    /// Changes an object by a merge patch (RFC 7386).
    pub(super) fn merge(
        &self,
        of: Resource,
        namespace: Option<&str>,
        name: &str,
        patch: &Value,
    ) -> Result<Value, Refusal> {
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        self.ask(Asked::new(of.path(namespace)).patch(name, &params, &Patch::Merge(patch)))
    }

    /// Makes an object that is not there yet.
    pub(super) fn create(
        &self,
        of: Resource,
        namespace: Option<&str>,
        object: &Value,
    ) -> Result<Value, Refusal> {
        let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        self.ask(Asked::new(of.path(namespace)).create(&params, object.to_string().into_bytes()))
    }

    /// Removes the object that was read, and no other of its name.
    pub(super) fn delete(
        &self,
        of: Resource,
        namespace: Option<&str>,
        object: &Value,
    ) -> Result<Value, Refusal> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let read =
            Preconditions { uid: text("/metadata/uid"), resource_version: text("/metadata/resourceVersion") };
        let params = DeleteParams { preconditions: Some(read), ..DeleteParams::default() };
        self.ask(Asked::new(of.path(namespace)).delete(&text("/metadata/name").unwrap_or_default(), &params))
    }

    /// Who the caller is to this cluster, if it says so.
    pub(super) fn whoami(&self) -> Option<String> {
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let answer = self.create(Resource::SELF_SUBJECT_REVIEWS, None, &review).ok()?;
        answer.pointer("/status/userInfo/username").and_then(Value::as_str).map(str::to_owned)
    }

    fn ask(&self, request: Result<Request<Vec<u8>>, kube::core::request::Error>) -> Result<Value, Refusal> {
        self.send(request.map_err(|error| Refusal::Failed(error.to_string()))?)
    }

    fn send(&self, request: Request<Vec<u8>>) -> Result<Value, Refusal> {
        let asked =
            async { tokio::time::timeout(REQUEST_TIMEOUT, self.client.request::<Value>(request)).await };
        match self.runtime.block_on(asked) {
            Ok(answer) => answer.map_err(|error| Refusal::of(&self.url, error)),
            Err(_) => Err(Refusal::Unreachable(format!(
                "{} did not answer in time; is it overloaded, or does something on the way drop packets?",
                self.url
            ))),
        }
    }
}

async fn config(args: &ClusterArgs) -> anyhow::Result<Config> {
    let options = KubeConfigOptions { context: args.context.clone(), ..KubeConfigOptions::default() };
    if let Some(path) = &args.kubeconfig {
        let wrong = |error| WrongUse(format!("--kubeconfig {}: {error}", path.display()));
        let file = Kubeconfig::read_from(path).map_err(wrong)?;
        return Ok(Config::from_custom_kubeconfig(file, &options).await.map_err(wrong)?);
    }
    let error = match Config::from_kubeconfig(&options).await {
        Ok(config) => return Ok(config),
        Err(error) => error,
    };
    // A context is one of a kubeconfig.
    if args.context.is_none()
        && let Ok(config) = Config::incluster()
    {
        return Ok(config);
    }
    let hint = "name a kubeconfig with --kubeconfig or in $KUBECONFIG";
    Err(WrongUse(format!("no cluster to act on: {error}; {hint}")).into())
}
