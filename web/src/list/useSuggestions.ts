import { ask } from "../api/ask";
import type { FacetsBody } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { fieldSuggestions, type Suggestion, type Unfinished } from "../query/completion";
import { term } from "../query/quote";
import { grouped } from "../text/count";
import { rangeParameters, type TimeRange } from "../time/range";

const mostShown = 12;
const mostCounted = 200;

/** What could be meant: fields by their names, values by how often they occur in the time on screen. */
export function useSuggestions(unfinished: Unfinished | null, range: TimeRange | null): readonly Suggestion[] {
  const field = unfinished?.field ?? null;
  const counted = field?.counted ?? null;
  const answer = useAnswer(counted === null ? null : JSON.stringify([counted, range]), (signal) =>
    ask<FacetsBody>(
      "facets",
      { field: counted ?? "", ...(range === null ? {} : rangeParameters(range)), limit: mostCounted },
      signal,
    ),
  );
  if (unfinished === null) return [];
  if (field === null) return unfinished.typed === "" ? [] : fieldSuggestions(unfinished.typed).slice(0, mostShown);
  const counts = new Map(
    answer.body?.field === counted ? answer.body.buckets.map(({ value, count }) => [value, count]) : [],
  );
  for (const value of field.values ?? []) if (!counts.has(value)) counts.set(value, 0);
  const wanted = unfinished.typed.toLowerCase();
  return [...counts]
    .filter(([value]) => value !== "" && value.toLowerCase().includes(wanted) && value !== unfinished.typed)
    .slice(0, mostShown)
    .map(([value, count]) => ({
      text: value,
      insert: term(field.name, value).slice(field.name.length + 1),
      note: grouped(count),
    }));
}
