// The fields that the search box offers, as docs/query-language.md lists them.

export interface QueryField {
  name: string;
  meaning: string;
  /** The name by which the API counts its values; none where counting makes no sense. */
  counted: string | null;
  /** All its values, where they are fixed. */
  values?: readonly string[];
}

const confidences = ["exact", "patch", "partial", "unknown"];
const verdicts = ["allowed", "denied", "rejected", "observed", "audited", "error", "unknown"];

export const queryFields: readonly QueryField[] = [
  { name: "user", meaning: "who did it", counted: "actor.name" },
  {
    name: "by",
    meaning: "what kind of identity did it",
    counted: "actor.type",
    values: ["human", "serviceaccount", "controller", "node", "system", "anonymous"],
  },
  { name: "as", meaning: "the identity that was assumed", counted: "actor.as.name" },
  { name: "verb", meaning: "what was asked for", counted: "verb" },
  { name: "resource", meaning: "pods, deploy, deployments.apps, …", counted: "object.resource" },
  { name: "sub", meaning: "subresource: exec, log, scale, …", counted: "object.subresource" },
  { name: "ns", meaning: "namespace", counted: "object.namespace" },
  { name: "name", meaning: "the object's name", counted: "object.name" },
  { name: "pod", meaning: "the pod that it is about, either side of a flow", counted: null },
  { name: "node", meaning: "the node, or the one that the pod runs on", counted: "object.node" },
  { name: "group", meaning: "API group", counted: "object.group" },
  { name: "uid", meaning: "the object's uid", counted: null },
  {
    name: "change",
    meaning: "what became of the object",
    counted: "change.type",
    values: ["create", "update", "delete", "none"],
  },
  { name: "changed", meaning: "path of a field that was changed", counted: null },
  { name: "before", meaning: "a value before the change", counted: null },
  { name: "after", meaning: "a value after the change", counted: null },
  { name: "confidence", meaning: "how sure it is what changed", counted: "change.confidence", values: confidences },
  {
    name: "result",
    meaning: "how it ended",
    counted: "outcome.result",
    values: ["success", "denied", "failed", "open", "pending"],
  },
  { name: "code", meaning: "HTTP status: 404, >=400, 4xx", counted: "outcome.code" },
  { name: "reason", meaning: "Forbidden, NotFound, AlreadyExists, …", counted: "outcome.reason" },
  {
    name: "denied_by",
    meaning: "what refused it",
    counted: "outcome.denied_by",
    values: ["authn", "authz", "admission", "quota"],
  },
  { name: "ip", meaning: "address or network of the client: 10.0.0.0/8", counted: "client.ips" },
  { name: "agent", meaning: "words of the client's user agent", counted: "client.user_agent" },
  { name: "groups", meaning: "groups of who did it", counted: "actor.groups" },
  { name: "cred", meaning: "credential", counted: "actor.credential" },
  { name: "kind", meaning: "kind of event", counted: "kind", values: ["audit", "flow", "gap", "finding"] },
  { name: "cluster", meaning: "cluster", counted: "cluster" },
  { name: "src", meaning: "who opened a flow", counted: null },
  { name: "dst", meaning: "whom a flow was for", counted: null },
  { name: "verdict", meaning: "what became of a flow", counted: "flow.verdict", values: verdicts },
  { name: "port", meaning: "the port that a flow was for", counted: "flow.destination.port" },
  { name: "policy", meaning: "the policy that decided about a flow", counted: "flow.policy.name" },
  { name: "rule", meaning: "the rule that found something", counted: "finding.rule" },
  {
    name: "severity",
    meaning: "how bad a finding is",
    counted: "finding.severity",
    values: ["low", "medium", "high", "critical"],
  },
  { name: "uri", meaning: "the request URI", counted: null },
  { name: "auditid", meaning: "the audit id", counted: null },
  { name: "level", meaning: "audit level", counted: "audit.level", values: ["Metadata", "Request", "RequestResponse"] },
  { name: "time", meaning: "[14:00 TO 14:30], yesterday, …", counted: null },
];
