// What there is to draw of each lane: a mark for every event, a bar from one write of an object to the next.
import type { Lane, LaneEvent, TimelineBody } from "../api/model";
import type { LaneField } from "../list/listState";
import { laneId } from "./laneId";
import type { Stretch } from "./stretch";
import type { PlacedLane } from "./tree";

export const tones = ["other", "create", "update", "delete", "refused"] as const;
/** The later ones are drawn over the earlier ones. */
export type Tone = (typeof tones)[number];

export interface Bar {
  begin: number;
  end: number;
  /** What led to this state was not seen. */
  unsure: boolean;
}

export interface SceneLane extends PlacedLane {
  id: string;
  times: readonly number[];
  /** The places of the events' tones in `tones`. */
  ranks: readonly number[];
  bars: readonly Bar[];
}

/** Lanes stay where they are while new events come in; those that are new come last. */
export function inKnownOrder(known: readonly string[], lanes: readonly Lane[]): Lane[] {
  const places = new Map(known.map((id, place) => [id, place]));
  const place = (lane: Lane) => places.get(laneId(lane)) ?? known.length;
  return [...lanes].sort((one, other) => place(one) - place(other));
}

export function sceneOf(lanes: readonly PlacedLane[], by: LaneField, all: Stretch): SceneLane[] {
  return lanes.map(({ lane, depth }) => ({
    id: laneId(lane),
    lane,
    depth,
    times: lane.events.map(({ time }) => Date.parse(time)),
    ranks: lane.events.map((event) => tones.indexOf(toneOf(event))),
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

/** A write of an object, or its beginning or end that the question did not find. */
interface Step {
  at: number;
  tone: "create" | "update" | "delete";
  unsure: boolean;
}

/** From when the object was first seen to when it went. States that follow one another are one bar: the marks tell them apart. */
function barsOf(lane: Lane, all: Stretch): Bar[] {
  const bars: Bar[] = [];
  let open: Bar | null = null;
  let seen = false;
  for (const { at, tone, unsure } of stepsOf(lane)) {
    // A first write that creates nothing changes a state that was there before.
    if (!seen && (tone !== "create" || lane.truncated)) bars.push({ begin: all.begin, end: at, unsure: true });
    seen = true;
    if (open !== null) append(bars, { ...open, end: at });
    open = tone === "delete" ? null : { begin: at, end: all.end, unsure };
  }
  if (open !== null) append(bars, open);
  return bars;
}

function stepsOf({ events, turns }: Lane): Step[] {
  const steps: Step[] = [];
  for (const event of events) {
    const tone = toneOf(event);
    if (tone === "other" || tone === "refused") continue;
    // When an object goes is told by its turns alone: a deletion may only have been asked for.
    if (tone === "delete" && turns.length > 0) continue;
    steps.push({ at: Date.parse(event.time), tone, unsure: event.confidence !== "exact" });
  }
  const created = new Set(steps.filter(({ tone }) => tone === "create").map(({ at }) => at));
  for (const { time, begins } of turns) {
    const at = Date.parse(time);
    if (begins && created.has(at)) continue;
    steps.push({ at, tone: begins ? "create" : "delete", unsure: false });
  }
  return steps.sort((one, other) => one.at - other.at);
}

function append(bars: Bar[], bar: Bar): void {
  const last = bars.at(-1);
  if (last?.end === bar.begin && last.unsure === bar.unsure) last.end = bar.end;
  else bars.push(bar);
}
