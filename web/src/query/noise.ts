// What a list of changes leaves out at first, and the words of the query language for it. Every kind is a chip that
// says how many events it holds back, so that nothing is left out in silence.

export type NoiseKind = "reads" | "noop" | "status" | "heartbeats" | "system" | "flows";

export interface Noise {
  kind: NoiseKind;
  label: string;
  explanation: string;
  query: string;
}

/** Sessions in pods are reads for the API server, and changes for whoever asks what happened. */
const sessions = "sub:(exec OR attach OR portforward)";

export const noises: readonly Noise[] = [
  {
    kind: "system",
    label: "system",
    explanation: "Changes made by controllers, nodes and other parts of the control plane",
    query: "by:(system OR controller OR node)",
  },
  {
    kind: "status",
    label: "status",
    explanation: "Writes that changed nothing but the status of an object",
    query: "statusonly:true",
  },
  {
    kind: "noop",
    label: "no-ops",
    explanation: "Writes that changed nothing, dry runs and reviews",
    query: `(verb:(create OR update OR patch OR delete OR deletecollection) change:none result:success -${sessions})`,
  },
  {
    kind: "heartbeats",
    label: "heartbeats",
    explanation: "Renewals of leases, and the Events that components write",
    query: "resource:(leases OR events)",
  },
  {
    kind: "reads",
    label: "reads",
    explanation: "Gets, lists, watches and everything else that writes nothing",
    query: `(kind:audit -verb:(create OR update OR patch OR delete OR deletecollection) -${sessions})`,
  },
  { kind: "flows", label: "flows", explanation: "Network flows", query: "kind:flow" },
];

export const noiseKinds: readonly NoiseKind[] = noises.map(({ kind }) => kind);

/** The query without the noise that is not shown. */
export function withoutNoise(query: string, shown: ReadonlySet<NoiseKind>): string {
  return allOf([query, ...noises.filter(({ kind }) => !shown.has(kind)).map((noise) => `-${noise.query}`)]);
}

/** What one chip holds back, or adds: its events that no other chip holds back. */
export function onlyNoise(query: string, shown: ReadonlySet<NoiseKind>, noise: Noise): string {
  return allOf([withoutNoise(query, new Set([...shown, noise.kind])), noise.query]);
}

/** All of these queries at once; each keeps its meaning, whatever operators it has. */
export function allOf(queries: readonly string[]): string {
  const parts = queries.map((query) => query.trim()).filter((query) => query !== "");
  return parts.length < 2 ? (parts[0] ?? "") : parts.map(enclosed).join(" ");
}

function enclosed(query: string): string {
  return /\sOR\s/.test(query) && !/^-?(?:[\w.]+:)?\([^()]*\)$/.test(query) ? `(${query})` : query;
}
