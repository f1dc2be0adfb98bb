import { ask } from "../api/ask";
import type { ClustersBody } from "../api/model";
import { useAnswer } from "../api/useAnswer";

/** All there are, and the one that is chosen, whether it is there or not. */
export function useClusterNames(chosen: string): string[] {
  const { body } = useAnswer("clusters", (signal) => ask<ClustersBody>("clusters", {}, signal));
  const names = body?.clusters.map(({ name }) => name) ?? [];
  return chosen === "" || names.includes(chosen) ? names : [...names, chosen];
}
