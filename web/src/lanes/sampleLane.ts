import type { Lane, LaneEvent } from "../api/model";

/** A lane of an object whose events are a second apart, for tests. */
export function sampleLane(name: string, events: readonly Partial<LaneEvent>[]): Lane {
  return {
    key: { cluster: "demo", group: "", resource: "pods", namespace: "shop", name },
    label: `pods shop/${name}`,
    query: `name:${name}`,
    owners: [],
    turns: [],
    count: events.length,
    by_humans: 0,
    problems: 0,
    truncated: false,
    events: events.map((event, second) => ({
      id: second.toString(16).padStart(32, "0"),
      time: new Date((second + 1) * 1_000).toISOString(),
      kind: "audit",
      summary: "",
      actor: "alice",
      actor_type: "human",
      verb: "update",
      result: "success",
      change: "update",
      confidence: "exact",
      status_only: false,
      ...event,
    })),
  };
}
