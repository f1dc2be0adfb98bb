"""Which keys tell the elements of a list apart.

For built-in kinds what `k8s.io/api` says of each field (`patchMergeKey`, `listType=map` with its `listMapKey`s), written down by
field and not by name; every other list of theirs is atomic. For custom resources `type` of conditions, else `name`, `key` or
`uid`, whichever every element has.
"""

CONTAINER = {
    "ports": ("containerPort", "protocol"),
    "env": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "resources.claims": ("name",),
}

POD_SPEC = {
    "volumes": ("name",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "schedulingGates": ("name",),
    "resourceClaims": ("name",),
} | {
    path: keys
    for containers in ("containers", "initContainers", "ephemeralContainers")
    for path, keys in [(containers, ("name",))] + [(f"{containers}.{path}", keys) for path, keys in CONTAINER.items()]
}

CONDITIONS = {"status.conditions": ("type",)}
METADATA = {"metadata.ownerReferences": ("uid",)}
WEBHOOKS = {"webhooks": ("name",), "webhooks.matchConditions": ("name",)}
POLICY = {"spec.matchConditions": ("name",), "spec.variables": ("name",)}


def under(path, fields):
    return {f"{path}.{field}": keys for field, keys in fields.items()}


TEMPLATE = under("spec.template.spec", POD_SPEC)

# The lists of every resource of which any has keys, beside those of METADATA and CONDITIONS.
FIELDS = {
    ("", "pods"): under("spec", POD_SPEC)
    | {
        "status.podIPs": ("ip",),
        "status.hostIPs": ("ip",),
        "status.resourceClaimStatuses": ("name",),
    },
    ("", "services"): {"spec.ports": ("port", "protocol")},
    ("", "serviceaccounts"): {"secrets": ("name",)},
    ("", "nodes"): {"status.addresses": ("type",)},
    ("", "podtemplates"): under("template.spec", POD_SPEC),
    ("", "replicationcontrollers"): TEMPLATE,
    ("apps", "deployments"): TEMPLATE,
    ("apps", "replicasets"): TEMPLATE,
    ("apps", "daemonsets"): TEMPLATE,
    ("apps", "statefulsets"): TEMPLATE,
    ("batch", "jobs"): TEMPLATE,
    ("batch", "cronjobs"): under("spec.jobTemplate", TEMPLATE),
    ("resource.k8s.io", "resourceclaims"): {"status.reservedFor": ("uid",)},
    ("storage.k8s.io", "csinodes"): {"spec.drivers": ("name",)},
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"): WEBHOOKS,
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"): WEBHOOKS,
    ("admissionregistration.k8s.io", "validatingadmissionpolicies"): POLICY,
    ("admissionregistration.k8s.io", "mutatingadmissionpolicies"): POLICY,
}

BUILT_IN_GROUPS = (
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
)

DEFAULTS = {"protocol": "TCP"}


def keys_of_list(resource, words, elements):
    """The keys of each element; None if the list is one value."""
    if resource[0] in BUILT_IN_GROUPS:
        known = METADATA | CONDITIONS | FIELDS.get(resource, {})
        candidates = [known[path]] if (path := ".".join(words)) in known else []
    elif words[-1] == "conditions":
        candidates = [("type",)]
    else:
        candidates = [("name",), ("key",), ("uid",)]
    for keys in candidates:
        found = [own_keys(element, keys) for element in elements]
        if None not in found and len(set(map(str, found))) == len(found):
            return found
    return None


def own_keys(element, keys):
    if not isinstance(element, dict):
        return None
    own = [(key, element.get(key, DEFAULTS.get(key))) for key in keys]
    is_scalar = all(isinstance(value, (str, int, float)) for _, value in own)
    return own if is_scalar else None
