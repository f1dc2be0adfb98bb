//! Which object somebody means who writes it as for kubectl: `deployment/web`, `po/web-1`, `gnp.projectcalico.org/deny`.
//!
//! What is not said is looked up in what was recorded: the group of a custom resource, the namespace, the cluster. Where there is
//! more than one, the command says which there are.

use jiff::tz::TimeZone;
use taffrail_event::{ChangeType, Timestamp};
use taffrail_query::history::ObjectName;
use taffrail_query::{Field, Order, Query, TimeRange};

use super::answer::note;
use super::object_kind::Kind;
use super::question::Question;
use super::source::Source;
use crate::args::ObjectArgs;
use crate::exit::{NOTHING_FOUND, WrongUse};
use crate::read::{CORE, ObjectBody};

/// Values that are listed for somebody to choose from.
const CHOICES: u64 = 10;

/// The resource of which only one object is meant, as far as it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Typed {
    /// The plural names that it may have.
    resources: Vec<String>,
    group: Option<String>,
    name: String,
}

/// The object; `None` if nothing was recorded of such a one.
pub(crate) fn find(source: &Source, args: &ObjectArgs) -> anyhow::Result<Option<ObjectName>> {
    let typed = Typed::of(&args.object)?;
    let took_effect = [ChangeType::Create, ChangeType::Update, ChangeType::Delete]
        .map(|change| Query::is(Field::Change, change.name()));
    let mut parts = vec![Query::is(Field::Name, &typed.name), Query::any_of(took_effect.to_vec())];
    let resource = match typed.resources.as_slice() {
        [resource] => Some(resource.clone()),
        several => {
            let any = several.iter().map(|name| Query::is(Field::Resource, name));
            let mut asked = parts.clone();
            asked.push(Query::any_of(any.collect()));
            one(source, &args.object, asked, Field::Resource, "write it as RESOURCE.GROUP/NAME")?
        }
    };
    let Some(resource) = resource else { return Ok(None) };
    parts.push(Query::is(Field::Resource, &resource));
    let mut choose = |field: Field, given: Option<String>, how: &str| -> anyhow::Result<Option<String>> {
        let value = match given {
            Some(value) => value,
            None => match one(source, &args.object, parts.clone(), field, how)? {
                Some(value) => value,
                None => return Ok(None),
            },
        };
        parts.push(Query::is(field, &value));
        Ok(Some(value))
    };
    let Some(group) = choose(Field::Group, typed.group, "write it as RESOURCE.GROUP/NAME")? else {
        return Ok(None);
    };
    let cluster = choose(Field::Cluster, args.cluster.clone(), "name one with --cluster")?;
    let Some(cluster) = cluster else { return Ok(None) };
    // A Namespace is found by its own name as one.
    let own = (resource == "namespaces" && group.is_empty()).then(String::new);
    let namespace = match own.or_else(|| args.namespace.clone()) {
        Some(namespace) => namespace,
        None => match choose(Field::Namespace, None, "name one with -n")? {
            Some(namespace) => namespace,
            None => return Ok(None),
        },
    };
    Ok(Some(ObjectName { cluster, group, resource, namespace, name: typed.name }))
}

/// Says that nothing is known of such an object; the exit code for that.
pub(crate) fn not_known(source: &Source, args: &ObjectArgs) -> u8 {
    let place =
        args.namespace.as_ref().map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    let cluster = args.cluster.as_ref().map(|cluster| format!(" of cluster {cluster}")).unwrap_or_default();
    note(&format!("no write of {}{place}{cluster} is known in {}", args.object, source.name()));
    NOTHING_FOUND
}

/// "deployment shop/web of cluster prod".
pub(crate) fn in_words(object: &ObjectBody) -> String {
    format!("{} of cluster {}", object.in_words(), object.cluster)
}

/// The resource that a word of a kind means, as the API takes it; `None` if nothing was recorded of such a one.
pub(crate) fn kind(source: &Source, word: &str) -> anyhow::Result<Option<String>> {
    let Kind { resources, group } = Kind::of(word);
    let mut parts =
        vec![Query::any_of(resources.iter().map(|name| Query::is(Field::Resource, name)).collect())];
    let Some(resource) = (match resources.as_slice() {
        [only] => Some(only.clone()),
        _ => one(source, word, parts.clone(), Field::Resource, "write it as RESOURCE.GROUP")?,
    }) else {
        return Ok(None);
    };
    let group = match group {
        Some(group) => Some(group),
        None => {
            parts.push(Query::is(Field::Resource, &resource));
            one(source, word, parts, Field::Group, "write it as RESOURCE.GROUP")?
        }
    };
    Ok(group.map(|group| format!("{resource}.{}", if group.is_empty() { CORE } else { &group })))
}

/// The only value of a field among the events that match; `None` if there are no events.
fn one(
    source: &Source,
    object: &str,
    parts: Vec<Query>,
    field: Field,
    how: &str,
) -> anyhow::Result<Option<String>> {
    let question = Question {
        query: Query::all_of(parts),
        range: TimeRange::default(),
        typed: object.to_owned(),
        now: Timestamp::now(),
        zone: TimeZone::UTC,
        order: Order::Desc,
    };
    let found = source.facets(&question, field, CHOICES)?;
    match found.buckets.as_slice() {
        // What has no value of the field is not counted by it.
        [] => Ok((source.events(&question, 1, None)?.total.value > 0).then(String::new)),
        [only] => Ok(Some(only.value.clone())),
        several => {
            let shown = |value: &str| if value.is_empty() { "(none)".to_owned() } else { value.to_owned() };
            let values: Vec<_> = several.iter().map(|bucket| shown(&bucket.value)).collect();
            let text = format!(
                "{object} is in several places ({}): {}; {how}",
                field.canonical(),
                values.join(", ")
            );
            Err(WrongUse(text).into())
        }
    }
}

impl Typed {
    fn of(text: &str) -> anyhow::Result<Self> {
        let wrong = || {
            WrongUse(format!(
                "{text} is no object: write TYPE/NAME, as in deployment/web, po/web-1 or gnp.projectcalico.org/deny"
            ))
        };
        let (kind, name) = text.split_once('/').ok_or_else(wrong)?;
        if kind.is_empty() || name.is_empty() {
            return Err(wrong().into());
        }
        let Kind { resources, group } = Kind::of(kind);
        Ok(Self { resources, group, name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_as_kubectl_takes_them() {
        fn check(text: &str, resources: &[&str], group: Option<&str>, name: &str) {
            let expected = Typed {
                resources: resources.iter().map(|&name| name.to_owned()).collect(),
                group: group.map(str::to_owned),
                name: name.to_owned(),
            };
            assert_eq!(Typed::of(text).unwrap(), expected, "{text}");
        }
        check("deployment/web", &["deployments"], Some("apps"), "web");
        check("deploy/web", &["deployments"], Some("apps"), "web");
        check("Deployments.apps/web", &["deployments"], Some("apps"), "web");
        check("po/web-1", &["pods"], Some(""), "web-1");
        check("netpol/deny", &["networkpolicies"], Some("networking.k8s.io"), "deny");
        check("networkpolicies.projectcalico.org/a", &["networkpolicies"], Some("projectcalico.org"), "a");
        check("netpol.crd.projectcalico.org/a", &["networkpolicies"], Some("crd.projectcalico.org"), "a");
        check("clusterrole/system:node", &["clusterroles"], Some("rbac.authorization.k8s.io"), "system:node");
        check("policy/x", &["policy", "policys", "policyes", "policies"], None, "x");
        for wrong in ["web", "/web", "deployment/", ""] {
            assert!(Typed::of(wrong).is_err(), "{wrong}");
        }
    }
}
