import { useCallback, useEffect, useRef, useState } from "react";
import type { AuditEvent, Coverage } from "../api/model";
import type { TimeRange } from "../time/range";
import { merged } from "./merge";
import { askEvents } from "./question";

export interface EventList {
  events: readonly AuditEvent[];
  total: { value: number; exact: boolean } | null;
  coverage: Coverage | null;
  next: string | null;
  loading: "first" | "more" | null;
  error: Error | null;
  loadMore: () => void;
  add: (events: readonly AuditEvent[]) => void;
}

interface Loaded extends Omit<EventList, "loadMore" | "add"> {
  key: string | null;
}

const nothing: Loaded = {
  key: null,
  events: [],
  total: null,
  coverage: null,
  next: null,
  loading: "first",
  error: null,
};

/** The events of a question, page by page, and those that come in meanwhile. */
export function useEventList(query: string, range: TimeRange | null, attempt: number): EventList {
  const key = range === null ? null : JSON.stringify([query, range.from, range.to, attempt]);
  const [loaded, setLoaded] = useState(nothing);
  const walking = useRef<AbortController | null>(null);

  useEffect(() => {
    if (key === null || range === null) return;
    const abort = new AbortController();
    walking.current = abort;
    askEvents(query, range, {}, abort.signal).then(
      (body) => {
        setLoaded({ ...body, key, loading: null, error: null });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setLoaded({ ...nothing, key, loading: null, error: asError(error) });
      },
    );
    return () => {
      abort.abort();
    };
    // The key stands for the query, the range and the attempt.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);

  const { next, loading } = loaded;
  const loadMore = useCallback(() => {
    const abort = walking.current;
    if (next === null || loading !== null || abort === null || range === null) return;
    setLoaded((before) => ({ ...before, loading: "more" }));
    askEvents(query, range, { cursor: next }, abort.signal).then(
      (page) => {
        setLoaded((before) => ({
          ...before,
          events: merged(before.events, page.events),
          coverage: page.coverage,
          next: page.next,
          loading: null,
        }));
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setLoaded((before) => ({ ...before, loading: null, error: asError(error) }));
      },
    );
  }, [next, loading, query, range]);

  const add = useCallback((events: readonly AuditEvent[]) => {
    setLoaded((before) => {
      const all = merged(before.events, events);
      const total = before.total && { ...before.total, value: before.total.value + all.length - before.events.length };
      return { ...before, events: all, total };
    });
  }, []);

  // Another question has begun: what is on screen answers the one before.
  const stale = loaded.key !== key;
  return { ...loaded, loading: stale ? "first" : loaded.loading, error: stale ? null : loaded.error, loadMore, add };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
