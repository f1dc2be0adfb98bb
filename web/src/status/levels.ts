import type { StatusBody } from "../api/model";

/** From the most to the least that an event can hold. */
const known = ["RequestResponse", "Request", "Metadata"] as const;

export interface Level {
  cluster: string;
  level: string;
  resources: string[];
}

/** For every cluster and level the resources whose changes came with no better one. */
export function bestLevels(levels: StatusBody["levels"]): Level[] {
  const best: Level[] = [];
  for (const { cluster, resource, levels: seen } of levels) {
    const level = known.find((one) => one in seen) ?? "Metadata";
    const same = best.find((one) => one.cluster === cluster && one.level === level);
    if (same === undefined) best.push({ cluster, level, resources: [resource] });
    else same.resources.push(resource);
  }
  const place = (level: string) => known.findIndex((one) => one === level);
  return best.sort((a, b) => a.cluster.localeCompare(b.cluster) || place(a.level) - place(b.level));
}
