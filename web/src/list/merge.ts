import type { AuditEvent } from "../api/model";

/** Newest first, as the API orders: by time, then id. */
export function newestFirst(a: AuditEvent, b: AuditEvent): number {
  if (a.time !== b.time) return a.time < b.time ? 1 : -1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}

/** Both lists as one. An event that comes again is a later stage of the same request, and replaces it. */
export function merged(events: readonly AuditEvent[], more: readonly AuditEvent[]): AuditEvent[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  for (const event of more) byId.set(event.id, event);
  return [...byId.values()].sort(newestFirst);
}
