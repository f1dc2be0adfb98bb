import type { ObjectVersion } from "../api/model";

export interface Pair {
  /** Null where there was nothing before. */
  before: ObjectVersion | null;
  after: ObjectVersion;
}

/**
 * The two versions to compare, of a list that has the newest first: those that were chosen, else the newest and the one
 * before it. 0 stands for what was before the first version.
 */
export function chosenPair(
  versions: readonly ObjectVersion[],
  before: number | null,
  after: number | null,
): Pair | null {
  const at = after === null ? 0 : versions.findIndex(({ n }) => n === after);
  const chosen = versions[at];
  if (chosen === undefined) return null;
  const earlier = before === null ? versions[at + 1] : versions.find(({ n }) => n === before);
  return { before: earlier ?? null, after: chosen };
}
