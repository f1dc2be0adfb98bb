import { useEffect, useState } from "react";

export interface Polled<Body> {
  body: Body | null;
  /** Why the last question had no answer; what came before stays in `body`. */
  error: Error | null;
  loading: boolean;
  /** When `body` came. */
  at: Date;
  /** Asks at once. */
  refresh: () => void;
}

/**
 * Asks when `key` changes, and again and again while somebody can see the page. Between two answers nothing on screen
 * moves: what came last stays until there is something newer. A null key asks nothing.
 */
export function usePolled<Body>(
  key: string | null,
  everyMs: number,
  question: (signal: AbortSignal) => Promise<Body>,
): Polled<Body> {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<Omit<Polled<Body>, "refresh" | "loading"> & { key: string | null }>({
    key: null,
    body: null,
    error: null,
    at: new Date(),
  });
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | null = null;
    let due = 0;
    const askAndWait = () => {
      timer = null;
      // Asked for again only by the answer, so that a slow server is not asked twice at once.
      due = Infinity;
      const wait = () => {
        due = Date.now() + everyMs;
        timer = setTimeout(askIfSeen, everyMs);
      };
      question(abort.signal).then(
        (body) => {
          if (abort.signal.aborted) return;
          setState({ key, body, error: null, at: new Date() });
          wait();
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          setState((before) => ({
            ...before,
            key,
            body: before.key === key ? before.body : null,
            error: error instanceof Error ? error : new Error(String(error)),
          }));
          wait();
        },
      );
    };
    const askIfSeen = () => {
      if (document.visibilityState === "visible") askAndWait();
    };
    const seenAgain = () => {
      if (document.visibilityState !== "visible" || Date.now() < due) return;
      if (timer !== null) clearTimeout(timer);
      askAndWait();
    };
    askAndWait();
    document.addEventListener("visibilitychange", seenAgain);
    return () => {
      abort.abort();
      if (timer !== null) clearTimeout(timer);
      document.removeEventListener("visibilitychange", seenAgain);
    };
    // The key stands for everything that the question depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, everyMs, turn]);
  const refresh = () => {
    setTurn(turn + 1);
  };
  return {
    ...state,
    error: state.key === key ? state.error : null,
    loading: key !== null && state.key !== key,
    refresh,
  };
}
