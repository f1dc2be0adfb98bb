//! The pod that is acted upon, in its cluster: read as far as the caller may, and patched.

use std::io::Write;

use anyhow::anyhow;
use serde_json::Value;

use super::cluster::{Cluster, Refusal, Resource};
use super::pod::{Pod, PodName};
use super::survey::Survey;
use crate::args::{ActingArgs, Output};
use crate::cli::answer::{Answer, note};
use crate::cli::visible::visible;
use crate::exit::NotThere;

/// One pod of one cluster.
pub(super) struct Target<'a> {
    args: &'a ActingArgs,
    pub(super) cluster: Cluster,
    pub(super) name: PodName,
    /// `None` if the caller may not read it; to label it takes no more than patching it.
    pub(super) pod: Option<Pod>,
}

impl<'a> Target<'a> {
    pub(super) fn open(args: &'a ActingArgs) -> anyhow::Result<Self> {
        let cluster = Cluster::connect(&args.cluster)?;
        let name = PodName::new(&args.pod, args.namespace.as_deref().unwrap_or(cluster.namespace()))?;
        let pod = match cluster.get(Resource::PODS, Some(&name.namespace), &name.name) {
            Ok(pod) => Some(Pod(pod)),
            Err(Refusal::Forbidden(_)) => None,
            Err(Refusal::NotFound(_)) => return Err(not_there(&cluster, &name).into()),
            Err(refusal) => return Err(refusal.into()),
        };
        Ok(Self { args, cluster, name, pod })
    }

    /// What policies there are around it.
    pub(super) fn survey(&self) -> Result<Survey, Refusal> {
        Survey::of(&self.cluster, &self.name.namespace)
    }

    pub(super) fn uid(&self) -> Option<&str> {
        self.pod.as_ref().and_then(Pod::uid)
    }

    /// Patches it; the pod as it is then.
    pub(super) fn patch(&self, patch: &Value) -> anyhow::Result<Pod> {
        let PodName { namespace, name } = &self.name;
        match self.cluster.merge(Resource::PODS, Some(namespace), name, patch) {
            Ok(pod) => Ok(Pod(pod)),
            Err(Refusal::Forbidden(message)) => Err(anyhow!("{message}\n{}", self.permission())),
            Err(Refusal::NotFound(_)) => Err(not_there(&self.cluster, &self.name).into()),
            Err(Refusal::Conflict(message)) => Err(anyhow!(
                "pod {} is not the one that was looked at, or changes at this moment ({message}); run the command again",
                self.name
            )),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// What somebody who may do so has to run.
    fn permission(&self) -> String {
        let namespace = &self.name.namespace;
        let subject = match self.cluster.whoami() {
            Some(user) => match user.strip_prefix("system:serviceaccount:") {
                Some(account) => format!("--serviceaccount={}", quoted(account)),
                None => format!("--user={}", quoted(&user)),
            },
            None => "--user=YOU".to_owned(),
        };
        format!(
            "it takes the verb patch on pods, and nothing else; who administers the cluster can permit it:\n  \
             kubectl create role taffrail-quarantine --verb=patch --resource=pods -n {namespace}\n  \
             kubectl create rolebinding taffrail-quarantine --role=taffrail-quarantine {subject} -n {namespace}"
        )
    }

    /// `taffrail quarantine VERB attacker -n default`, with the options that lead to the same pod.
    pub(super) fn command(&self, verb: &str) -> String {
        let mut command = format!("taffrail quarantine {verb} {} -n {}", self.name.name, self.name.namespace);
        if verb == "show" {
            return command;
        }
        let cluster = &self.args.cluster;
        let mut option = |name: &str, value: &str| command.push_str(&format!(" --{name} {}", quoted(value)));
        if self.args.label != Default::default() {
            option("label", &self.args.label.to_string());
        }
        cluster.kubeconfig.iter().for_each(|path| option("kubeconfig", &path.to_string_lossy()));
        cluster.context.iter().for_each(|context| option("context", context));
        command
    }

    /// Shows a plan before the question: beside the answer, if that is JSON.
    pub(super) fn show(&self, out: &mut Answer, lines: &[String]) -> anyhow::Result<()> {
        if self.args.format != Output::Table {
            lines.iter().for_each(|line| note(line));
            return Ok(());
        }
        lines.iter().try_for_each(|line| writeln!(out, "{}", visible(line)))?;
        Ok(out.flush()?)
    }
}

fn not_there(cluster: &Cluster, name: &PodName) -> NotThere {
    NotThere(format!(
        "there is no pod {} in namespace {} of {}; `kubectl get pods -A` lists those that there are",
        name.name,
        name.namespace,
        cluster.url()
    ))
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@=".contains(&byte);
    let word = visible(word);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell() {
        fn check(word: &str, expected: &str) {
            assert_eq!(quoted(word), expected);
        }
        check("alice@example.com", "alice@example.com");
        check("ns:name", "ns:name");
        check("CN=a b", "'CN=a b'");
        check("$(rm -rf x)", "'$(rm -rf x)'");
        check("it's", "'it'\\''s'");
        check("", "''");
    }
}
