import { ask } from "../api/ask";
import type { EventsBody } from "../api/model";
import { allOf, withoutNoise, type NoiseKind } from "../query/noise";
import { term } from "../query/quote";
import { rangeParameters, type TimeRange } from "../time/range";

/** What the list asks for: the user's own words with the chosen cluster, before noise and time. */
export function questionOf(query: string, cluster: string): string {
  return allOf([query, cluster === "" ? "" : term("cluster", cluster)]);
}

export function listQuery(query: string, cluster: string, shown: ReadonlySet<NoiseKind>): string {
  return withoutNoise(questionOf(query, cluster), shown);
}

export const pageSize = 200;

export function askEvents(
  query: string,
  range: TimeRange,
  options: { limit?: number; cursor?: string; order?: "asc" | "desc" } = {},
  signal?: AbortSignal,
): Promise<EventsBody> {
  return ask<EventsBody>("events", { q: query, ...rangeParameters(range), limit: pageSize, ...options }, signal);
}

/** How many events there are, without their bodies but for one. */
export async function countEvents(query: string, range: TimeRange, signal?: AbortSignal): Promise<number> {
  return (await askEvents(query, range, { limit: 1 }, signal)).total.value;
}
