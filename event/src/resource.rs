//! Kubernetes' resource names: plural, singular, kind and short names, as kubectl takes them.

/// A built-in resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// Plural name, as in `objectRef.resource`.
    pub plural: &'static str,
    /// Singular name, as in kubectl's output.
    pub singular: &'static str,
    /// API group; `""` is the core group.
    pub group: &'static str,
    /// Short names.
    pub short: &'static [&'static str],
}

macro_rules! resources {
    ($($group:literal: $(($plural:literal, $singular:literal $(, $short:literal)*))+;)+) => {
        /// The built-in resources (`kubectl api-resources` of Kubernetes 1.36, and Calico's policies).
        pub const RESOURCES: &[Resource] = &[$($(
            Resource { plural: $plural, singular: $singular, group: $group, short: &[$($short),*] },
        )+)+];
    };
}

resources! {
    "": ("bindings", "binding") ("componentstatuses", "componentstatus", "cs") ("configmaps", "configmap", "cm")
        ("endpoints", "endpoints", "ep") ("events", "event", "ev") ("limitranges", "limitrange", "limits")
        ("namespaces", "namespace", "ns") ("nodes", "node", "no")
        ("persistentvolumeclaims", "persistentvolumeclaim", "pvc") ("persistentvolumes", "persistentvolume", "pv")
        ("pods", "pod", "po") ("podtemplates", "podtemplate") ("replicationcontrollers", "replicationcontroller", "rc")
        ("resourcequotas", "resourcequota", "quota") ("secrets", "secret") ("serviceaccounts", "serviceaccount", "sa")
        ("services", "service", "svc");
    "admissionregistration.k8s.io": ("mutatingadmissionpolicies", "mutatingadmissionpolicy")
        ("mutatingadmissionpolicybindings", "mutatingadmissionpolicybinding")
        ("mutatingwebhookconfigurations", "mutatingwebhookconfiguration")
        ("validatingadmissionpolicies", "validatingadmissionpolicy")
        ("validatingadmissionpolicybindings", "validatingadmissionpolicybinding")
        ("validatingwebhookconfigurations", "validatingwebhookconfiguration");
    "apiextensions.k8s.io": ("customresourcedefinitions", "customresourcedefinition", "crd", "crds");
    "apiregistration.k8s.io": ("apiservices", "apiservice");
    "apps": ("controllerrevisions", "controllerrevision") ("daemonsets", "daemonset", "ds")
        ("deployments", "deployment", "deploy") ("replicasets", "replicaset", "rs")
        ("statefulsets", "statefulset", "sts");
    "authentication.k8s.io": ("selfsubjectreviews", "selfsubjectreview") ("tokenreviews", "tokenreview");
    "authorization.k8s.io": ("localsubjectaccessreviews", "localsubjectaccessreview")
        ("selfsubjectaccessreviews", "selfsubjectaccessreview") ("selfsubjectrulesreviews", "selfsubjectrulesreview")
        ("subjectaccessreviews", "subjectaccessreview");
    "autoscaling": ("horizontalpodautoscalers", "horizontalpodautoscaler", "hpa");
    "batch": ("cronjobs", "cronjob", "cj") ("jobs", "job");
    "certificates.k8s.io": ("certificatesigningrequests", "certificatesigningrequest", "csr");
    "coordination.k8s.io": ("leases", "lease");
    "discovery.k8s.io": ("endpointslices", "endpointslice");
    "flowcontrol.apiserver.k8s.io": ("flowschemas", "flowschema")
        ("prioritylevelconfigurations", "prioritylevelconfiguration");
    "networking.k8s.io": ("ingressclasses", "ingressclass") ("ingresses", "ingress", "ing")
        ("networkpolicies", "networkpolicy", "netpol") ("ipaddresses", "ipaddress", "ip")
        ("servicecidrs", "servicecidr");
    "node.k8s.io": ("runtimeclasses", "runtimeclass");
    "policy": ("poddisruptionbudgets", "poddisruptionbudget", "pdb");
    "projectcalico.org": ("globalnetworkpolicies", "globalnetworkpolicy", "gnp") ("globalnetworksets", "globalnetworkset")
        ("networksets", "networkset") ("tiers", "tier");
    "rbac.authorization.k8s.io": ("clusterrolebindings", "clusterrolebinding") ("clusterroles", "clusterrole")
        ("rolebindings", "rolebinding") ("roles", "role");
    "scheduling.k8s.io": ("priorityclasses", "priorityclass", "pc");
    "storage.k8s.io": ("csidrivers", "csidriver") ("csinodes", "csinode") ("csistoragecapacities", "csistoragecapacity")
        ("storageclasses", "storageclass", "sc") ("volumeattachments", "volumeattachment");
}

/// The singular of a plural resource name, by the table or by English rules for custom resources.
pub fn singular(plural: &str) -> String {
    if let Some(known) = RESOURCES.iter().find(|resource| resource.plural == plural) {
        return known.singular.to_owned();
    }
    if let Some(stem) = plural.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "shes", "ches", "xes"] {
        if plural.ends_with(ending) {
            return plural.strip_suffix("es").unwrap_or(plural).to_owned();
        }
    }
    match plural.strip_suffix('s') {
        Some(stem) if !stem.is_empty() && !stem.ends_with('s') => stem.to_owned(),
        _ => plural.to_owned(),
    }
}

/// The plural names that the resource of a kind may have, the likeliest first: by the table, else by English rules.
pub fn plurals_of_kind(kind: &str, group: &str) -> Vec<String> {
    let word = kind.to_lowercase();
    let known = RESOURCES.iter().find(|resource| resource.group == group && resource.singular == word);
    if let Some(known) = known {
        return vec![known.plural.to_owned()];
    }
    let mut plurals = vec![format!("{word}s"), format!("{word}es"), word.clone()];
    if let Some(stem) = word.strip_suffix('y') {
        plurals.insert(0, format!("{stem}ies"));
    }
    plurals
}

/// What a person may mean by a resource word: plural, singular, kind or short name, alone or as `word.group`.
/// Returns the plural and, where one was given, the group; words that are not in the table stay as they are, lower-cased.
pub fn resolve(word: &str) -> (String, Option<String>) {
    let word = word.to_lowercase();
    let (name, group) = match word.split_once('.') {
        Some((name, group)) => (name, Some(group.to_owned())),
        None => (word.as_str(), None),
    };
    let is_meant = |resource: &&Resource| {
        resource.plural == name || resource.singular == name || resource.short.contains(&name)
    };
    // A group that the table does not know has resources of the same names: Calico's networkpolicies, Istio's services.
    let in_group = |resource: &&Resource| Some(resource.group) == group.as_deref();
    let known = RESOURCES.iter().filter(in_group).find(is_meant).or_else(|| RESOURCES.iter().find(is_meant));
    (known.map_or(name, |resource| resource.plural).to_owned(), group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singulars() {
        fn check(plural: &str, expected: &str) {
            assert_eq!(singular(plural), expected);
        }
        check("pods", "pod");
        check("networkpolicies", "networkpolicy");
        check("endpoints", "endpoints");
        check("ingresses", "ingress");
        check("widgets", "widget");
        check("proxies", "proxy");
        check("meshes", "mesh");
        check("classes", "class");
        check("s", "s");
        check("", "");
    }

    #[test]
    fn resolves_kubectl_words() {
        fn check(word: &str, plural: &str, group: Option<&str>) {
            assert_eq!(resolve(word), (plural.to_owned(), group.map(str::to_owned)), "{word}");
        }
        check("deploy", "deployments", None);
        check("Deployment", "deployments", None);
        check("deployments.apps", "deployments", Some("apps"));
        check("po", "pods", None);
        check("endpoints", "endpoints", None);
        check("widgets.example.com", "widgets", Some("example.com"));
        check("netpol.projectcalico.org", "networkpolicies", Some("projectcalico.org"));
        check("Widgets", "widgets", None);
    }
}
