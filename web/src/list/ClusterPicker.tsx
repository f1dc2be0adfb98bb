import { visible } from "../text/visible";

interface Props {
  names: readonly string[];
  cluster: string;
  onPick: (cluster: string) => void;
}

export function ClusterPicker({ names, cluster, onPick }: Props) {
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
