import { useRef } from "react";
import { ask } from "../api/ask";
import type { TimelineBody } from "../api/model";
import { useAnswer, type Answer } from "../api/useAnswer";
import type { LaneField } from "../list/listState";
import { rangeParameters, type TimeRange } from "../time/range";
import { laneId } from "./laneId";
import { inKnownOrder } from "./scene";

// Lanes that are asked for share the events of an answer: more of them would each hold fewer.
const mostLanes = 50;
const mostPerLane = 5_000;

/** The events of a question, side by side; lanes keep their places while they are asked for again. */
export function useTimeline(query: string, range: TimeRange, by: LaneField, refresh: number): Answer<TimelineBody> {
  const question = JSON.stringify([query, range, by]);
  const order = useRef<{ question: string; known: readonly string[] }>({ question: "", known: [] });
  return useAnswer(`${question} ${String(refresh)}`, async (signal) => {
    const objects = by === "object" ? "true" : undefined;
    const parameters = { q: query, ...rangeParameters(range), by, lanes: mostLanes, per_lane: mostPerLane, objects };
    const body = await ask<TimelineBody>("timeline", parameters, signal);
    const known = order.current.question === question ? order.current.known : [];
    const lanes = inKnownOrder(known, body.lanes);
    order.current = { question, known: lanes.map(laneId) };
    return { ...body, lanes };
  });
}
