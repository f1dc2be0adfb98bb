import { useCallback, useEffect, useRef, useState } from "react";
import type { AuditEvent } from "../api/model";
import { tail, type Lag, type TailState } from "../api/tail";

export interface Tail {
  state: TailState;
  /** How many events came while the list was held still. */
  waiting: number;
  lag: Lag | null;
  clearLag: () => void;
}

/** Follows the query while `on`. What comes is handed on, or kept waiting while `paused`. */
export function useTail(query: string, on: boolean, paused: boolean, onEvents: (events: AuditEvent[]) => void): Tail {
  const [state, setState] = useState<TailState>("connecting");
  const [waiting, setWaiting] = useState(0);
  const [lag, setLag] = useState<Lag | null>(null);
  const hand = useRef(onEvents);
  const held = useRef(paused);
  const arrived = useRef<AuditEvent[]>([]);
  const frame = useRef(0);

  // Events come in bursts, and a list that is sorted anew for each of them would stutter.
  const flushSoon = useCallback(() => {
    if (frame.current !== 0) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      if (!held.current && arrived.current.length > 0) {
        hand.current(arrived.current);
        arrived.current = [];
      }
      setWaiting(new Set(arrived.current.map(({ id }) => id)).size);
    });
  }, []);

  useEffect(() => {
    hand.current = onEvents;
    held.current = paused;
    flushSoon();
  }, [onEvents, paused, flushSoon]);

  useEffect(() => {
    if (!on) return;
    const abort = new AbortController();
    void tail(
      query,
      {
        onEvent: (event) => {
          arrived.current.push(event);
          flushSoon();
        },
        onLag: setLag,
        onState: setState,
      },
      abort.signal,
    );
    return () => {
      abort.abort();
      arrived.current = [];
      setWaiting(0);
      setLag(null);
    };
  }, [query, on, flushSoon]);

  const clearLag = useCallback(() => {
    setLag(null);
  }, []);
  return { state, waiting, lag, clearLag };
}
