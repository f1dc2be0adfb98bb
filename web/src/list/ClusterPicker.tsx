import { ask } from "../api/ask";
import type { ClustersBody } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { visible } from "../text/visible";

export function ClusterPicker({ cluster, onPick }: { cluster: string; onPick: (cluster: string) => void }) {
  const clusters = useAnswer("clusters", (signal) => ask<ClustersBody>("clusters", {}, signal));
  const names = clusters.body?.clusters.map(({ name }) => name) ?? [];
  if (cluster !== "" && !names.includes(cluster)) names.push(cluster);
  return (
    <select
      aria-label="Cluster"
      value={cluster}
      onChange={(event) => {
        onPick(event.target.value);
      }}
    >
      <option value="">All clusters</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {visible(name)}
        </option>
      ))}
    </select>
  );
}
