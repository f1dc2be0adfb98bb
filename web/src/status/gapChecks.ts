import type { Gap, StatusBody } from "../api/model";
import { urgent, type Finding } from "./finding";
import { shownTime, sinceMs, type PointOfView } from "./pointOfView";

/** Older gaps are history. */
export const recentMs = 86_400_000;

/** One for every cluster, source and reason: the newest gap of the last day, and how many there were. */
export function gapFindings({ coverage, sources }: StatusBody, view: PointOfView): Finding[] {
  const alike = new Map<string, Gap[]>();
  for (const gap of coverage.gaps) {
    if (gap.lost === 0 || sinceMs(gap.to, view) >= recentMs) continue;
    const key = JSON.stringify([gap.cluster, gap.source, gap.reason]);
    alike.set(key, [...(alike.get(key) ?? []), gap]);
  }
  // A source that is silent now is said to be so, and not a second time as a gap.
  const isSilent = (gap: Gap) =>
    sources.some(
      ({ cluster, source, silent_since }) =>
        cluster === gap.cluster && source === gap.source && silent_since === gap.from,
    );
  return [...alike.values()].flatMap((gaps) => {
    const newest = gaps.reduce((a, b) => (a.from < b.from ? b : a));
    if (isSilent(newest)) return [];
    const of = newest.cluster === "" ? newest.source : `${newest.cluster}, ${newest.source}`;
    const times = gaps.length === 1 ? "" : `, the newest of ${gaps.length} such gaps of the last day`;
    return urgent(
      "gap",
      `records of ${of} are missing between ${shownTime(newest.from, view)} and ${shownTime(newest.to, view)}${times}`,
      newest.reason,
      "If the API server writes an audit log too, “taffrail import” of it fills the hole; what is there already is not stored twice",
    );
  });
}
