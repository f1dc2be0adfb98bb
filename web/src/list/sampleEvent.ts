// Events for unit tests: what a test does not name is that of an ordinary change by a person.
import type { AuditEvent } from "../api/model";

export function sampleEvent(id: string, time: string, given: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id,
    time,
    kind: "audit",
    cluster: "prod",
    summary: "alice scaled deployment shop/web from 3 to 5",
    actor: {
      name: "alice",
      display: "",
      type: "human",
      groups: [],
      uid: "",
      credential: "",
      pod: null,
      node: "",
      as: null,
    },
    verb: "patch",
    object: null,
    outcome: { result: "success", code: 200, reason: "", denied_by: null },
    client: null,
    change: { type: "update", confidence: "exact", fields_total: 0, fields: [], members: [], unseen_before: false },
    admission: null,
    audit: null,
    flow: null,
    gap: null,
    finding: null,
    received: time,
    via: ["webhook"],
    ...given,
  };
}
