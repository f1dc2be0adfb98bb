import { useState, type RefObject } from "react";
import { useShortcuts } from "../shell/shortcuts";
import { stepTo } from "./hunks";

export interface Hunks {
  current: number | null;
  go: (step: 1 | -1) => void;
}

/** Goes from one change of a diff to the next, with n and N too. */
export function useHunks(diff: RefObject<HTMLElement | null>, count: number): Hunks {
  const [chosen, setCurrent] = useState<number | null>(null);
  const current = chosen === null || chosen >= count ? null : chosen;
  const go = (step: 1 | -1) => {
    const next = stepTo(current, step, count);
    if (next === null) return;
    setCurrent(next);
    const row = diff.current?.querySelectorAll<HTMLElement>("[data-hunk]")[next];
    row?.scrollIntoView({ block: "center" });
    // Screen readers, and the browser's own search, go on from there.
    row?.focus({ preventScroll: true });
  };
  useShortcuts({
    n: () => {
      go(1);
    },
    N: () => {
      go(-1);
    },
  });
  return { current, go };
}
