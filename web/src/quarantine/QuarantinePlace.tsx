import { ClusterPicker } from "../list/ClusterPicker";
import { useClusterNames } from "../list/useClusterNames";
import { go, useAddress } from "../shell/address";

/** The cluster of the program's own records, which has no pods. */
const own = "taffrail";

/** Which cluster's quarantines are listed; nothing to choose where there is but one. */
export function QuarantinePlace({ cluster }: { cluster: string }) {
  const { path, search } = useAddress();
  const names = useClusterNames(cluster).filter((name) => name !== own || name === cluster);
  if (names.length < 2 && cluster === "") return null;
  return (
    <ClusterPicker
      names={names}
      cluster={cluster}
      onPick={(picked) => {
        const next = new URLSearchParams(search);
        if (picked === "") next.delete("cluster");
        else next.set("cluster", picked);
        go(path, next);
      }}
    />
  );
}
