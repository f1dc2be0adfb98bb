//! Decides about requests as the API server does (kubernetes/apiserver `pkg/audit/policy/checker.go`): the first rule that
//! matches names the level.

use serde_json::Value;

/// An `audit.k8s.io/v1` policy.
#[derive(Debug)]
pub struct Policy {
    rules: Vec<Value>,
    omit_stages: Vec<String>,
}

/// A request, as far as a policy looks at it.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Name of the authenticated user; `None` if the login failed.
    pub user: Option<String>,
    /// Its groups.
    pub groups: Vec<String>,
    /// `get`, `create`, ...
    pub verb: String,
    /// What it is about.
    pub target: Target,
}

/// What a request is about.
#[derive(Debug, Clone)]
pub enum Target {
    /// An object, or a kind of objects.
    Resource {
        /// `""` is the core group.
        group: String,
        /// `pods`, or `pods/exec`.
        resource: String,
        /// `""` if it has none.
        namespace: String,
        /// `""` if it has none.
        name: String,
    },
    /// A path that is no resource.
    Path(String),
}

impl Default for Target {
    fn default() -> Self {
        Self::Path(String::new())
    }
}

/// What a rule may say. The API server takes a key that it does not know for a warning, and the rule for a wider one.
const RULE_KEYS: [&str; 9] = [
    "level",
    "users",
    "userGroups",
    "verbs",
    "resources",
    "namespaces",
    "nonResourceURLs",
    "omitStages",
    "omitManagedFields",
];

impl Policy {
    /// Reads a policy, and fails the test over what the API server would read in another way than it is meant.
    pub fn parse(text: &str) -> Self {
        let policy = crate::yaml::document("the audit policy", text);
        assert_eq!((&policy["apiVersion"], &policy["kind"]), (&"audit.k8s.io/v1".into(), &"Policy".into()));
        let known = ["apiVersion", "kind", "metadata", "omitStages", "omitManagedFields", "rules"];
        check_keys(&policy, &known);
        let rules = policy["rules"].as_array().expect("a policy has rules").clone();
        rules.iter().for_each(check_rule);
        let omit_stages = strings(&policy["omitStages"]).map(str::to_owned).collect();
        Self { rules, omit_stages }
    }

    /// The level that a request is recorded at.
    pub fn level(&self, request: &Request) -> &str {
        let rule = self.rules.iter().find(|rule| matches(rule, request));
        rule.and_then(|rule| rule["level"].as_str()).unwrap_or("None")
    }

    /// Whether no event is made at this stage of any request.
    pub fn omits(&self, stage: &str) -> bool {
        self.omit_stages.iter().any(|omitted| omitted == stage)
    }
}

impl Request {
    /// The request that a recorded event is of.
    pub fn of_event(event: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let object = &event["objectRef"];
        let target = if object.is_object() {
            let subresource = text(&object["subresource"]);
            let resource = text(&object["resource"]);
            Target::Resource {
                group: text(&object["apiGroup"]),
                resource: if subresource.is_empty() { resource } else { format!("{resource}/{subresource}") },
                namespace: text(&object["namespace"]),
                name: text(&object["name"]),
            }
        } else {
            let uri = text(&event["requestURI"]);
            Target::Path(uri.split('?').next().unwrap_or_default().to_owned())
        };
        Self {
            user: event["user"]["username"].as_str().map(str::to_owned),
            groups: strings(&event["user"]["groups"]).map(str::to_owned).collect(),
            verb: text(&event["verb"]),
            target,
        }
    }
}

fn check_keys(value: &Value, known: &[&str]) {
    for key in value.as_object().expect("a map").keys() {
        assert!(known.contains(&key.as_str()), "the API server knows no {key}");
    }
}

fn check_rule(rule: &Value) {
    check_keys(rule, &RULE_KEYS);
    let level = rule["level"].as_str().unwrap_or_default();
    assert!(["None", "Metadata", "Request", "RequestResponse"].contains(&level), "{rule}");
    let of_resources = !rule["resources"].is_null() || !rule["namespaces"].is_null();
    assert!(!of_resources || rule["nonResourceURLs"].is_null(), "paths and resources in one rule: {rule}");
    for url in strings(&rule["nonResourceURLs"]) {
        let star_inside = url.trim_end_matches('*').contains('*') || url.ends_with("**");
        assert!(url == "*" || (url.starts_with('/') && !star_inside), "{url}");
    }
    for group in rule["resources"].as_array().into_iter().flatten() {
        check_keys(group, &["group", "resources", "resourceNames"]);
        // A group of "*" means all from Kubernetes 1.36 on, and nothing before.
        let name = group["group"].as_str().expect("a group has a name");
        assert!(!name.contains(['*', '/']), "{name}");
        assert!(group["resourceNames"].is_null() || !group["resources"].is_null(), "{group}");
    }
}

fn matches(rule: &Value, request: &Request) -> bool {
    let users = &rule["users"];
    if is_given(users) && !request.user.as_deref().is_some_and(|user| contains(users, user)) {
        return false;
    }
    let groups = &rule["userGroups"];
    if is_given(groups) {
        let logged_in = request.user.is_some();
        if !logged_in || !request.groups.iter().any(|group| contains(groups, group)) {
            return false;
        }
    }
    if is_given(&rule["verbs"]) && !contains(&rule["verbs"], &request.verb) {
        return false;
    }
    if is_given(&rule["namespaces"]) || is_given(&rule["resources"]) {
        return matches_resource(rule, &request.target);
    }
    if is_given(&rule["nonResourceURLs"]) {
        return matches_path(rule, &request.target);
    }
    true
}

fn matches_resource(rule: &Value, target: &Target) -> bool {
    let Target::Resource { group, resource, namespace, name } = target else {
        return false;
    };
    if is_given(&rule["namespaces"]) && !contains(&rule["namespaces"], namespace) {
        return false;
    }
    if !is_given(&rule["resources"]) {
        return true;
    }
    rule["resources"].as_array().into_iter().flatten().any(|one| {
        one["group"] == group.as_str()
            && (!is_given(&one["resources"])
                || (!is_given(&one["resourceNames"]) || contains(&one["resourceNames"], name))
                    && strings(&one["resources"]).any(|pattern| matches_name(pattern, resource)))
    })
}

/// `pods` is the resource alone, `pods/exec` a subresource, `*/status` one of every resource, `pods/*` the resource with all
/// of its own, `*` everything.
fn matches_name(pattern: &str, resource: &str) -> bool {
    let (main, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    if pattern == "*" || pattern == resource {
        return true;
    }
    if let Some(wanted) = pattern.strip_prefix("*/") {
        return !subresource.is_empty() && subresource == wanted;
    }
    pattern.strip_suffix("/*") == Some(main)
}

fn matches_path(rule: &Value, target: &Target) -> bool {
    let Target::Path(path) = target else {
        return false;
    };
    strings(&rule["nonResourceURLs"]).any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => path == pattern,
    })
}

fn is_given(list: &Value) -> bool {
    list.as_array().is_some_and(|list| !list.is_empty())
}

fn contains(list: &Value, wanted: &str) -> bool {
    strings(list).any(|item| item == wanted)
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: None, userGroups: [machines], resources: [{group: "", resources: [pods, "*/status"]}]}
  - {level: Metadata, namespaces: [kube-system]}
  - {level: Request, resources: [{group: "", resources: ["nodes/*"]}, {group: apps}]}
  - {level: None, nonResourceURLs: ["/healthz*", "/version"]}
  - {level: Metadata, resources: [{group: "", resources: [configmaps], resourceNames: [leader]}]}
  - {level: RequestResponse, users: [alice], verbs: [create]}
"#;

    fn check(user: Option<&str>, groups: &[&str], request: &str, expected: &str) {
        let mut words = request.split(' ').map(str::to_owned);
        let mut next = || words.next().unwrap_or_default();
        let (verb, target) = (next(), next());
        let target = match target.split_once(':') {
            Some((group, resource)) => Target::Resource {
                group: group.to_owned(),
                resource: resource.to_owned(),
                namespace: next(),
                name: next(),
            },
            None => Target::Path(target),
        };
        let groups = groups.iter().map(ToString::to_string).collect();
        let request = Request { user: user.map(str::to_owned), groups, verb, target };
        assert_eq!(Policy::parse(POLICY).level(&request), expected, "{request:?}");
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        check(Some("n"), &["machines"], "get :pods kube-system", "None");
        check(Some("n"), &["machines"], "get :pods/status", "None");
        check(Some("n"), &["machines"], "get :pods/log kube-system", "Metadata");
        check(Some("n"), &[], "get :pods kube-system", "Metadata");
        check(None, &["machines"], "get :pods", "None");
        check(None, &[], "get :nodes", "Request");
        check(None, &[], "get :nodes/proxy", "Request");
        check(None, &[], "get apps:deployments/scale shop", "Request");
        check(None, &[], "get batch:jobs shop", "None");
        check(None, &[], "get /healthz/etcd", "None");
        check(Some("alice"), &[], "create /version/x", "RequestResponse");
        check(Some("alice"), &[], "create :configmaps shop leader", "Metadata");
        check(Some("alice"), &[], "create :configmaps shop other", "RequestResponse");
        check(Some("alice"), &[], "delete :configmaps shop other", "None");
        assert!(Policy::parse(POLICY).omits("RequestReceived"));
    }
}
