import type { Pair } from "./lineDiff";

/** Whether the first of some different lines stands here. */
export function beginsHunk(pairs: readonly Pair[], index: number): boolean {
  return pairs[index]?.equal === false && pairs[index - 1]?.equal !== false;
}

export function countHunks(pairs: readonly Pair[]): number {
  return pairs.filter((_, index) => beginsHunk(pairs, index)).length;
}

/** The place after a step; null is before all of them. The ends hold: whoever is at the last one knows it. */
export function stepTo(current: number | null, step: 1 | -1, count: number): number | null {
  if (count === 0) return null;
  if (current === null) return step === 1 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, current + step));
}
