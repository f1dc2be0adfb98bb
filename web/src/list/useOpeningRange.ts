import { useAnswer } from "../api/useAnswer";
import { everything, hourUpTo, type TimeRange } from "../time/range";
import { askEvents } from "./question";

export interface OpeningRange {
  range: TimeRange | null;
  /** Whether the last hour had nothing, so that an older one is shown. */
  older: boolean;
  error: Error | null;
}

const lastHour: TimeRange = { from: "now-1h", to: "" };

/**
 * Where nobody has chosen a range: the last hour, or the latest hour that has something to show; that one no longer once `overtaken`
 * by what came since. A null query waits.
 */
export function useOpeningRange(
  chosen: TimeRange | null,
  query: string | null,
  attempt: number,
  overtaken: boolean,
): OpeningRange {
  const answer = useAnswer(chosen === null && query !== null ? JSON.stringify([query, attempt]) : null, (signal) =>
    latestHour(query ?? "", signal),
  );
  if (chosen !== null) return { range: chosen, older: false, error: null };
  if (query === null || answer.loading || answer.error !== null)
    return { range: null, older: false, error: answer.error };
  const range = overtaken ? lastHour : (answer.body ?? lastHour);
  return { range, older: range !== lastHour, error: null };
}

async function latestHour(query: string, signal: AbortSignal): Promise<TimeRange> {
  const newest = await newestTime(query, signal);
  if (newest === null || Date.now() - Date.parse(newest) < 3_600_000) return lastHour;
  return hourUpTo(newest);
}

async function newestTime(query: string, signal: AbortSignal): Promise<string | null> {
  const { events } = await askEvents(query, everything, { limit: 1 }, signal);
  return events[0]?.time ?? null;
}
