//! The pods of an object: what they use, and what their labels are selected by.

use std::collections::{BTreeMap, BTreeSet};

use taffrail_event::json;

/// The pod that an object is, or the template that it makes pods of.
pub(super) struct Pods<'a> {
    spec: &'a [u8],
    labels: BTreeMap<String, String>,
}

impl<'a> Pods<'a> {
    /// `None` for what makes no pods.
    pub(super) fn of(group: &str, resource: &str, state: &'a [u8]) -> Option<Self> {
        let pod = match (group, resource) {
            ("", "pods") => state,
            ("batch", "cronjobs") => at(state, &["spec", "jobTemplate", "spec", "template"])?,
            _ => at(state, &["spec", "template"])?,
        };
        Some(Self { spec: json::member(pod, "spec")?, labels: texts(at(pod, &["metadata", "labels"])) })
    }

    pub(super) fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    pub(super) fn config_maps(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for volume in self.volumes() {
            names.extend(text(at(volume, &["configMap", "name"])));
        }
        self.each_env(&mut |from| {
            names.extend(text(
                at(from, &["configMapRef", "name"])
                    .or_else(|| at(from, &["valueFrom", "configMapKeyRef", "name"])),
            ))
        });
        names
    }

    pub(super) fn secrets(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for volume in self.volumes() {
            // A volume of its own says secretName, a part of a projected one says name.
            names.extend(text(
                at(volume, &["secret", "secretName"]).or_else(|| at(volume, &["secret", "name"])),
            ));
        }
        self.each_env(&mut |from| {
            names.extend(text(
                at(from, &["secretRef", "name"]).or_else(|| at(from, &["valueFrom", "secretKeyRef", "name"])),
            ))
        });
        for secret in list(at(self.spec, &["imagePullSecrets"])) {
            names.extend(text(at(secret, &["name"])));
        }
        names
    }

    pub(super) fn service_account(&self) -> Option<String> {
        text(at(self.spec, &["serviceAccountName"]))
    }

    pub(super) fn node(&self) -> Option<String> {
        text(at(self.spec, &["nodeName"]))
    }

    /// The volumes, and the parts of projected ones.
    fn volumes(&self) -> Vec<&'a [u8]> {
        let volumes = list(at(self.spec, &["volumes"]));
        let parts = volumes.iter().flat_map(|volume| list(at(volume, &["projected", "sources"])));
        volumes.iter().copied().chain(parts).collect()
    }

    /// The sources of the environments of all containers.
    fn each_env(&self, each: &mut dyn FnMut(&[u8])) {
        for containers in ["initContainers", "containers", "ephemeralContainers"] {
            for container in list(at(self.spec, &[containers])) {
                for env in ["env", "envFrom"] {
                    list(at(container, &[env])).into_iter().for_each(&mut *each);
                }
            }
        }
    }
}

/// Whether a Service or a NetworkPolicy selects pods with these labels.
pub(super) fn matches_labels(resource: &str, state: &[u8], labels: &BTreeMap<String, String>) -> bool {
    if resource == "services" {
        // One without selector has its endpoints from elsewhere.
        let selector = texts(at(state, &["spec", "selector"]));
        return !selector.is_empty() && is_within(&selector, labels);
    }
    let Some(selector) = at(state, &["spec", "podSelector"]) else { return false };
    let expressions = list(json::member(selector, "matchExpressions"));
    is_within(&texts(json::member(selector, "matchLabels")), labels)
        && expressions.into_iter().all(|expression| holds(expression, labels))
}

/// Kind and name of what an autoscaler scales.
pub(super) fn scale_target(state: &[u8]) -> Option<(String, String)> {
    let target = at(state, &["spec", "scaleTargetRef"])?;
    Some((text(json::member(target, "kind"))?, text(json::member(target, "name"))?))
}

/// A label selector requirement (`k8s.io/apimachinery/pkg/apis/meta/v1`, `LabelSelectorRequirement`).
fn holds(expression: &[u8], labels: &BTreeMap<String, String>) -> bool {
    let key = text(json::member(expression, "key")).unwrap_or_default();
    let values: Vec<String> =
        list(json::member(expression, "values")).into_iter().filter_map(|value| text(Some(value))).collect();
    let label = labels.get(&key);
    match text(json::member(expression, "operator")).unwrap_or_default().as_str() {
        "In" => label.is_some_and(|label| values.contains(label)),
        "NotIn" => label.is_none_or(|label| !values.contains(label)),
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        _ => false,
    }
}

fn is_within(selector: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

fn at<'a>(value: &'a [u8], path: &[&str]) -> Option<&'a [u8]> {
    path.iter().try_fold(value, |value, key| json::member(value, key))
}

fn list(value: Option<&[u8]>) -> Vec<&[u8]> {
    let Some(value) = value.filter(|value| value.first() == Some(&b'[')) else { return Vec::new() };
    json::elements(value).map(|range| &value[range]).collect()
}

fn text(value: Option<&[u8]>) -> Option<String> {
    value.and_then(json::string).map(std::borrow::Cow::into_owned).filter(|text| !text.is_empty())
}

fn texts(value: Option<&[u8]>) -> BTreeMap<String, String> {
    let Some(value) = value else { return BTreeMap::new() };
    json::Members::of(value)
        .filter_map(|member| {
            Some((member.key.into_owned(), json::string(&value[member.value])?.into_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYMENT: &[u8] = br#"{"kind":"Deployment","spec":{"template":{"metadata":{"labels":{"app":"web","tier":"front"}},"spec":{
        "serviceAccountName":"runner","imagePullSecrets":[{"name":"pull"}],
        "volumes":[{"name":"a","configMap":{"name":"settings"}},{"name":"b","secret":{"secretName":"keys"}},
            {"name":"c","projected":{"sources":[{"secret":{"name":"more-keys"}},{"configMap":{"name":"roots"}}]}}],
        "containers":[{"name":"web","envFrom":[{"configMapRef":{"name":"env"}},{"secretRef":{"name":"env-keys"}}],
            "env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"one-key","key":"a"}}},{"name":"B","value":"b"}]}]}}}}"#;

    #[test]
    fn what_pods_use() {
        let pods = Pods::of("apps", "deployments", DEPLOYMENT).unwrap();
        assert_eq!(pods.config_maps().into_iter().collect::<Vec<_>>(), ["env", "roots", "settings"]);
        assert_eq!(
            pods.secrets().into_iter().collect::<Vec<_>>(),
            ["env-keys", "keys", "more-keys", "one-key", "pull"]
        );
        assert_eq!((pods.service_account().as_deref(), pods.node()), (Some("runner"), None));
        assert!(Pods::of("", "configmaps", br#"{"data":{}}"#).is_none());
    }

    #[test]
    fn what_selects_them() {
        fn check(resource: &str, selector: &str, expected: bool) {
            let pods = Pods::of("apps", "deployments", DEPLOYMENT).unwrap();
            let state = format!(r#"{{"spec":{{{selector}}}}}"#);
            assert_eq!(matches_labels(resource, state.as_bytes(), pods.labels()), expected, "{selector}");
        }
        check("services", r#""selector":{"app":"web"}"#, true);
        check("services", r#""selector":{"app":"web","tier":"back"}"#, false);
        check("services", r#""selector":{}"#, false);
        check("networkpolicies", r#""podSelector":{}"#, true);
        check("networkpolicies", r#""podSelector":{"matchLabels":{"app":"api"}}"#, false);
        let expression = |key: &str, operator: &str, values: &str| {
            format!(
                r#""podSelector":{{"matchExpressions":[{{"key":"{key}","operator":"{operator}","values":[{values}]}}]}}"#
            )
        };
        check("networkpolicies", &expression("app", "In", r#""api","web""#), true);
        check("networkpolicies", &expression("app", "NotIn", r#""web""#), false);
        check("networkpolicies", &expression("x", "NotIn", r#""web""#), true);
        check("networkpolicies", &expression("tier", "Exists", ""), true);
        check("networkpolicies", &expression("tier", "DoesNotExist", ""), false);
        check("networkpolicies", &expression("tier", "Resembles", ""), false);
    }

    #[test]
    fn what_is_scaled() {
        let autoscaler =
            br#"{"spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}}"#;
        assert_eq!(scale_target(autoscaler), Some(("Deployment".to_owned(), "web".to_owned())));
    }
}
