import { ask, Refusal } from "../api/ask";
import type { EventBody } from "../api/model";

const tries = 6;
const pauseMs = 700;

/**
 * The event with its record and what led to it. The live stream is faster than the index, so that an event which was
 * just seen there may not be found yet: then it is asked for again, for a few seconds.
 */
export async function askEvent(id: string, seenLive: boolean, signal: AbortSignal): Promise<EventBody> {
  for (let left = seenLive ? tries : 1; ; left -= 1) {
    try {
      return await ask<EventBody>(`events/${id}`, {}, signal);
    } catch (error) {
      if (left === 1 || !(error instanceof Refusal) || error.problem.status !== 404) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
