import { useEffect } from "react";
import { Unreachable } from "../api/ask";

const everyMs = 5_000;

/** Asks again by itself while nobody answers: whoever waits for the server should not have to try. */
export function useRetry(error: Error | null, retry: () => void): void {
  useEffect(() => {
    if (!(error instanceof Unreachable)) return;
    const timer = setTimeout(retry, everyMs);
    return () => {
      clearTimeout(timer);
    };
  }, [error, retry]);
}
