// Everything that changes what the page of an object shows, and its form in the address bar.
import type { DiffShape } from "../diff/DiffView";
import { readZone, writeZone, type ZoneChoice } from "../time/zone";

export const views = ["history", "state", "access", "related"] as const;
export type ObjectView = (typeof views)[number];

export interface ObjectState {
  view: ObjectView;
  /** The two versions that are compared, by their number; null where the newest and the one before it are. */
  before: number | null;
  after: number | null;
  shape: DiffShape;
  /** Whether diffs and states are shown with what changes at every write. */
  noise: boolean;
  /** Whether versions that changed nothing but the status are listed. */
  status: boolean;
  /** The version whose state is shown; null for the newest. */
  at: number | null;
  zone: ZoneChoice;
}

export function readObjectState(search: URLSearchParams): ObjectState {
  return {
    view: views.find((known) => known === search.get("view")) ?? "history",
    before: versionOf(search.get("before")),
    after: versionOf(search.get("after")),
    shape: search.get("shape") === "split" ? "split" : "unified",
    noise: search.get("noise") === "on",
    status: search.get("status") === "on",
    at: versionOf(search.get("at")),
    zone: readZone(search),
  };
}

export function objectSearch(state: ObjectState): URLSearchParams {
  const search = new URLSearchParams();
  if (state.view !== "history") search.set("view", state.view);
  if (state.before !== null) search.set("before", String(state.before));
  if (state.after !== null) search.set("after", String(state.after));
  if (state.shape !== "unified") search.set("shape", state.shape);
  if (state.noise) search.set("noise", "on");
  if (state.status) search.set("status", "on");
  if (state.at !== null) search.set("at", String(state.at));
  writeZone(search, state.zone);
  return search;
}

function versionOf(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
