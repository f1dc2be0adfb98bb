// The story of one pod's quarantine, and its form in the address bar.

import { writeZone, type ZoneChoice } from "../time/zone";

export const reaches = ["10m", "1h", "6h", "24h"] as const;
export type Reach = (typeof reaches)[number];

export interface StoryState {
  /** The beginning of the quarantine; empty for the last one. */
  since: string;
  /** How far the story reaches to either side. */
  reach: Reach;
}

export function readStoryState(search: URLSearchParams): StoryState {
  return {
    since: search.get("since") ?? "",
    reach: reaches.find((known) => known === search.get("reach")) ?? "1h",
  };
}

export function storySearch(state: StoryState, zone: ZoneChoice): URLSearchParams {
  const search = new URLSearchParams();
  if (state.since !== "") search.set("since", state.since);
  if (state.reach !== "1h") search.set("reach", state.reach);
  writeZone(search, zone);
  return search;
}

export function storyPath(cluster: string, namespace: string, pod: string): string {
  return `/quarantine/${[cluster, namespace, pod].map(encodeURIComponent).join("/")}`;
}
