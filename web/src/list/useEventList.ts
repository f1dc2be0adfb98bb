import { useCallback, useEffect, useRef, useState } from "react";
import type { AuditEvent, Coverage } from "../api/model";
import { through, type TimeRange } from "../time/range";
import { merged, newestFirst } from "./merge";
import { askEvents } from "./question";

export interface EventList {
  events: readonly AuditEvent[];
  total: { value: number; exact: boolean } | null;
  coverage: Coverage | null;
  /** Whether there are older ones. */
  more: boolean;
  loading: "first" | "more" | null;
  error: Error | null;
  loadMore: () => void;
  add: (events: readonly AuditEvent[]) => void;
}

interface Loaded extends Omit<EventList, "more" | "loadMore" | "add"> {
  key: string | null;
  next: string | null;
  /** What `next` is a page of. */
  range: TimeRange | null;
  /** How many events were asked for, page by page. */
  paged: number;
  /** Whether the oldest of them were let go, and `next` leads further back than the list. */
  cut: boolean;
}

/** So many events that came by themselves are kept beside those that were asked for: a page may be open for days. */
const mostLive = 3_000;

const nothing: Loaded = {
  key: null,
  events: [],
  total: null,
  coverage: null,
  next: null,
  loading: "first",
  error: null,
  range: null,
  paged: 0,
  cut: false,
};

/** The events of a question, page by page, and those that come in meanwhile. */
export function useEventList(query: string, range: TimeRange | null, attempt: number): EventList {
  const key = range === null ? null : JSON.stringify([query, range.from, range.to, attempt]);
  const [loaded, setLoaded] = useState(nothing);
  const walking = useRef<AbortController | null>(null);
  // What came by itself may not be in the index yet when it answers.
  const came = useRef<{ question: string; events: readonly AuditEvent[] }>({ question: "", events: [] });

  useEffect(() => {
    if (key === null || range === null) return;
    const abort = new AbortController();
    walking.current = abort;
    const question = JSON.stringify([query, range]);
    if (came.current.question !== question) came.current = { question, events: [] };
    askEvents(query, range, {}, abort.signal).then(
      (body) => {
        const newest = body.events[0];
        const ahead = came.current.events.filter((event) => newest === undefined || newestFirst(event, newest) < 0);
        setLoaded({
          ...body,
          total: { ...body.total, value: body.total.value + ahead.length },
          events: merged(body.events, came.current.events),
          key,
          loading: null,
          error: null,
          range,
          paged: body.events.length,
          cut: false,
        });
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

  const { next, loading, cut, range: pagesOf } = loaded;
  const oldest = loaded.events.at(-1)?.time;
  const loadMore = useCallback(() => {
    const abort = walking.current;
    if (loading !== null || abort === null || range === null) return;
    const isBehind = cut && oldest !== undefined;
    if (!isBehind && (next === null || pagesOf === null)) return;
    const from = isBehind ? through(range, oldest) : (pagesOf ?? range);
    setLoaded((before) => ({ ...before, loading: "more" }));
    askEvents(query, from, isBehind || next === null ? {} : { cursor: next }, abort.signal).then(
      (page) => {
        setLoaded((before) => ({
          ...before,
          events: merged(before.events, page.events),
          coverage: page.coverage,
          next: page.next,
          loading: null,
          range: from,
          paged: before.paged + page.events.length,
          cut: false,
        }));
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setLoaded((before) => ({ ...before, loading: null, error: asError(error) }));
      },
    );
  }, [next, loading, cut, oldest, pagesOf, query, range]);

  const add = useCallback((events: readonly AuditEvent[]) => {
    came.current = { ...came.current, events: merged(came.current.events, events).slice(0, mostLive) };
    setLoaded((before) => {
      const all = merged(before.events, events);
      const total = before.total && { ...before.total, value: before.total.value + all.length - before.events.length };
      const kept = all.slice(0, before.paged + mostLive);
      return { ...before, events: kept, total, cut: before.cut || kept.length < all.length };
    });
  }, []);

  // Another question has begun: what is on screen answers the one before.
  const stale = loaded.key !== key;
  return {
    ...loaded,
    more: loaded.cut || loaded.next !== null,
    loading: stale ? "first" : loaded.loading,
    error: stale ? null : loaded.error,
    loadMore,
    add,
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
