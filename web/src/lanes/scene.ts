// What there is to draw of each lane: a mark for every event, a bar from one write of an object to the next.
import type { Lane, LaneEvent, TimelineBody } from "../api/model";
import type { LaneField } from "../list/listState";
import type { Stretch } from "./stretch";

export const tones = ["other", "create", "update", "delete", "refused"] as const;
/** The later ones are drawn over the earlier ones. */
export type Tone = (typeof tones)[number];

export interface Bar {
  begin: number;
  end: number;
  /** What led to this state was not seen. */
  unsure: boolean;
}

export interface SceneLane {
  id: string;
  lane: Lane;
  times: readonly number[];
  tones: readonly Tone[];
  bars: readonly Bar[];
}

export function laneId({ key }: Lane): string {
  return "field" in key
    ? JSON.stringify([key.field, key.value])
    : JSON.stringify([key.cluster, key.group, key.resource, key.namespace, key.name]);
}

/** Lanes stay where they are while new events come in; those that are new come last. */
export function inKnownOrder(known: readonly string[], lanes: readonly Lane[]): Lane[] {
  const places = new Map(known.map((id, place) => [id, place]));
  const place = (lane: Lane) => places.get(laneId(lane)) ?? known.length;
  return [...lanes].sort((one, other) => place(one) - place(other));
}

export function sceneOf(lanes: readonly Lane[], by: LaneField, all: Stretch): SceneLane[] {
  return lanes.map((lane) => ({
    id: laneId(lane),
    lane,
    times: lane.events.map(({ time }) => Date.parse(time)),
    tones: lane.events.map(toneOf),
    bars: by === "object" ? barsOf(lane, all) : [],
  }));
}

/** The time that was asked for, cut to what the answer says there is. */
export function stretchOf({ histogram }: TimelineBody): Stretch {
  const begin = Date.parse(histogram.from);
  return { begin, end: Math.max(begin + 1_000, Date.parse(histogram.to)) };
}

export function toneOf(event: LaneEvent): Tone {
  if (event.result === "denied" || event.result === "failed") return "refused";
  return tones.find((tone) => tone === event.change) ?? "other";
}

function barsOf({ events, truncated }: Lane, all: Stretch): Bar[] {
  const bars: Bar[] = [];
  let open: Bar | null = null;
  let seen = false;
  for (const event of events) {
    const tone = toneOf(event);
    if (tone === "other" || tone === "refused") continue;
    const at = Date.parse(event.time);
    // A first write that creates nothing changes a state that was there before.
    if (!seen && (tone !== "create" || truncated)) bars.push({ begin: all.begin, end: at, unsure: true });
    seen = true;
    if (open !== null) bars.push({ ...open, end: at });
    open = tone === "delete" ? null : { begin: at, end: all.end, unsure: event.confidence !== "exact" };
  }
  return open === null ? bars : [...bars, open];
}
