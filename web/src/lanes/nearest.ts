// What lies around the cursor.
import type { LaneEvent } from "../api/model";
import type { SceneLane } from "./scene";

const mostNeighbours = 7;

/** The place of the first time that is not before `time`. */
export function firstFrom(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The event of the lane next to `time`, at most `reach` away. */
export function nearest({ times, lane }: SceneLane, time: number, reach: number): LaneEvent | null {
  const after = firstFrom(times, time);
  const distance = (place: number) => Math.abs((times[place] ?? Infinity) - time);
  const place = distance(after) < distance(after - 1) ? after : after - 1;
  return distance(place) <= reach ? (lane.events[place] ?? null) : null;
}

/** The events of the lane around `time`, oldest first. */
export function neighbours({ times, lane }: SceneLane, time: number): LaneEvent[] {
  let begin = firstFrom(times, time);
  let end = begin;
  while (end - begin < mostNeighbours && (begin > 0 || end < times.length)) {
    const before = time - (times[begin - 1] ?? -Infinity);
    const after = (times[end] ?? Infinity) - time;
    if (before <= after) begin -= 1;
    else end += 1;
  }
  return lane.events.slice(begin, end);
}
