import type { NoiseKind } from "./noise";

export interface Preset {
  name: string;
  explanation: string;
  query: string;
  shows: readonly NoiseKind[];
}

/** Whatever says who may do what, what may talk to what, and where it runs: of all groups, Calico's and Cilium's too. */
const securityResources = [
  "pods",
  "namespaces",
  "serviceaccounts",
  "*networkpolicies",
  "networksets",
  "globalnetworksets",
  "tiers",
  "endpoints",
  "endpointslices",
  "hostendpoints",
  "workloadendpoints",
  "ciliumendpoints",
  "roles",
  "rolebindings",
  "clusterroles",
  "clusterrolebindings",
];

export const presets: readonly Preset[] = [
  {
    name: "Security objects",
    explanation: "Pods, namespaces, service accounts, network policies of all groups, tiers, endpoints and RBAC",
    query: `resource:(${securityResources.join(" OR ")})`,
    shows: [],
  },
  { name: "People only", explanation: "What people did, and tried", query: "by:human", shows: [] },
  { name: "Refused", explanation: "What was refused, reads included", query: "result:denied", shows: ["reads"] },
  {
    name: "Shells and secrets",
    explanation: "Sessions in pods, and reads of Secrets by anybody but the control plane",
    query: "sub:(exec OR attach OR portforward) OR resource:secrets verb:(get OR list OR watch)",
    shows: ["reads"],
  },
  { name: "Deleted", explanation: "What was deleted", query: "change:delete", shows: [] },
  {
    name: "Findings and gaps",
    explanation: "What the rules found, and where records are missing",
    query: "kind:(finding OR gap)",
    shows: [],
  },
];
