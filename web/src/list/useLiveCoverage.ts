import { usePolled } from "../api/usePolled";
import type { Coverage } from "../api/model";
import type { TimeRange } from "../time/range";
import { askEvents } from "./question";

const everyMs = 15_000;

/** How far the list can be believed while it goes on by itself: what the first answer said of that grows old. */
export function useLiveCoverage(first: Coverage | null, query: string, range: TimeRange | null): Coverage | null {
  const key = range === null ? null : JSON.stringify([query, range]);
  const { body, loading } = usePolled(key, everyMs, (signal) => {
    if (range === null) return Promise.resolve(null);
    return askEvents(query, range, { limit: 1 }, signal);
  });
  const latest = key === null || loading ? null : (body?.coverage ?? null);
  // Whether there was time for all of it is told by the answer that is on screen.
  return latest === null || first === null ? first : { ...latest, partial: first.partial };
}
