import type { Actor, ObjectVersion } from "../api/model";
import type { Owned } from "./lineOwners";

export interface Setter {
  actor: Actor | null;
  time: string;
  event: string;
}

/**
 * Who set each field last, up to a version, by the change sets on the way there. The API says so of the newest state
 * only. `versions` has the newest first.
 */
export function blameAt(versions: readonly ObjectVersion[], n: number): Owned<Setter>[] {
  const setters = new Map<string, Setter>();
  for (const { event, n: number } of versions.toReversed()) {
    if (number > n) break;
    if (event.change?.type === "create") setters.clear();
    const setter = { actor: event.actor, time: event.time, event: event.id };
    for (const { path, op } of event.change?.fields ?? []) {
      if (op === "remove") setters.delete(path);
      else setters.set(path, setter);
    }
  }
  return [...setters].map(([path, owner]) => ({ path, owner }));
}
