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

/** So many events are kept at least while the list is held still, and twice as many at most. */
const mostWaiting = 2_500;

/**
 * Follows the query while `on`. What comes is handed on, or kept waiting while `paused`; `onTooMany` has to ask for everything anew
 * when more came than is kept.
 */
export function useTail(
  query: string,
  on: boolean,
  paused: boolean,
  onEvents: (events: AuditEvent[]) => void,
  onTooMany: () => void,
): Tail {
  const [state, setState] = useState<TailState>("connecting");
  const [waiting, setWaiting] = useState(0);
  const [lag, setLag] = useState<Lag | null>(null);
  const hand = useRef(onEvents);
  const held = useRef(paused);
  const tooMany = useRef(onTooMany);
  const arrived = useRef<AuditEvent[]>([]);
  /** How many came that are not kept. */
  const dropped = useRef(0);
  const frame = useRef(0);

  // Events come in bursts, and a list that is sorted anew for each of them would stutter.
  const flushSoon = useCallback(() => {
    if (frame.current !== 0) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      if (!held.current && dropped.current > 0) {
        tooMany.current();
        dropped.current = 0;
      }
      if (!held.current && arrived.current.length > 0) {
        hand.current(arrived.current);
        arrived.current = [];
      }
      setWaiting(dropped.current + new Set(arrived.current.map(({ id }) => id)).size);
    });
  }, []);

  useEffect(() => {
    hand.current = onEvents;
    held.current = paused;
    tooMany.current = onTooMany;
    flushSoon();
  }, [onEvents, onTooMany, paused, flushSoon]);

  useEffect(() => {
    if (!on) return;
    const abort = new AbortController();
    void tail(
      query,
      {
        onEvent: (event) => {
          arrived.current.push(event);
          if (arrived.current.length >= 2 * mostWaiting) {
            dropped.current += arrived.current.length - mostWaiting;
            arrived.current = arrived.current.slice(-mostWaiting);
          }
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
      dropped.current = 0;
      setWaiting(0);
      setLag(null);
    };
  }, [query, on, flushSoon]);

  const clearLag = useCallback(() => {
    setLag(null);
  }, []);
  return { state, waiting, lag, clearLag };
}
