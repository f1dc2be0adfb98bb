import type { ActorType, AuditEvent } from "../api/model";

/** A sign and a colour for what an event did; the sign alone is enough to tell them apart. */
export interface Mark {
  glyph: string;
  name: string;
  tone: "create" | "update" | "delete" | "refused" | "session" | "read" | "finding" | "gap" | "flow";
}

const marks = {
  create: { glyph: "+", name: "created", tone: "create" },
  update: { glyph: "~", name: "changed", tone: "update" },
  delete: { glyph: "−", name: "deleted", tone: "delete" },
  refused: { glyph: "⊘", name: "refused", tone: "refused" },
  failed: { glyph: "!", name: "failed", tone: "refused" },
  session: { glyph: "❯", name: "session", tone: "session" },
  read: { glyph: "◦", name: "read", tone: "read" },
  noop: { glyph: "=", name: "changed nothing", tone: "read" },
  finding: { glyph: "⚑", name: "finding", tone: "finding" },
  gap: { glyph: "≀", name: "gap in the records", tone: "gap" },
  flow: { glyph: "→", name: "network flow", tone: "flow" },
  flowDenied: { glyph: "⇥", name: "denied network flow", tone: "refused" },
} as const satisfies Record<string, Mark>;

const sessions = new Set(["exec", "attach", "portforward"]);
const writes = new Set(["create", "update", "patch", "delete", "deletecollection"]);

export function markOf(event: AuditEvent): Mark {
  if (event.kind === "finding") return marks.finding;
  if (event.kind === "gap") return marks.gap;
  if (event.kind === "flow") return event.flow?.effective_verdict === "denied" ? marks.flowDenied : marks.flow;
  if (event.outcome?.result === "denied") return marks.refused;
  if (event.outcome?.result === "failed") return marks.failed;
  if (sessions.has(event.object?.subresource ?? "")) return marks.session;
  if (event.change !== null && event.change.type !== "none") return marks[event.change.type];
  return writes.has(event.verb) ? marks.noop : marks.read;
}

export const actorBadges: Record<ActorType, { short: string; name: string }> = {
  human: { short: "human", name: "a person" },
  serviceaccount: { short: "SA", name: "a service account" },
  controller: { short: "ctrl", name: "a controller of the control plane" },
  node: { short: "node", name: "a node" },
  system: { short: "sys", name: "a part of the system" },
  anonymous: { short: "anon", name: "somebody without a name" },
};

/** How sure it is what changed, in words; null where nothing needs to be said. */
export function confidenceNote(event: AuditEvent): { glyph: string; text: string } | null {
  if (event.change === null || event.change.type === "none") return null;
  switch (event.change.confidence) {
    case "exact":
      return null;
    case "patch":
      return { glyph: "≈", text: "Known from the patch alone: what was asked for, not what was there before" };
    case "partial":
      return { glyph: "◐", text: "Only a part of it was recorded" };
    case "unknown":
      return { glyph: "?", text: "What changed was not recorded" };
  }
}
