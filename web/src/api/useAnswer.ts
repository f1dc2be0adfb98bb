import { useEffect, useState } from "react";

export interface Answer<Body> {
  body: Body | null;
  error: Error | null;
  loading: boolean;
}

/**
 * Asks whenever `key` changes and drops what an older key still brings. The answer before stays on screen meanwhile.
 * A null key asks nothing.
 */
export function useAnswer<Body>(key: string | null, question: (signal: AbortSignal) => Promise<Body>): Answer<Body> {
  const [state, setState] = useState<Answer<Body> & { key: string | null }>({
    key: null,
    body: null,
    error: null,
    loading: true,
  });
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    question(abort.signal).then(
      (body) => {
        if (!abort.signal.aborted) setState({ key, body, error: null, loading: false });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState({ key, body: null, error: error instanceof Error ? error : new Error(String(error)), loading: false });
      },
    );
    return () => {
      abort.abort();
    };
    // The key stands for everything that the question depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return state.key === key ? state : { body: state.body, error: null, loading: key !== null };
}
