import type { ClustersBody } from "../api/model";
import { Link } from "../shell/Link";
import { Time, useZone } from "../shell/zone";
import { grouped } from "../text/count";
import { visible } from "../text/visible";
import { ago } from "../time/length";
import { Sheet } from "./Sheet";
import { zoneParameter } from "../time/zone";

export function ClusterTable({ clusters, now }: { clusters: ClustersBody["clusters"]; now: Date }) {
  const zone = useZone();
  if (clusters.length === 0) return null;
  return (
    <Sheet title="Clusters" columns={["Cluster", "#Events", "First event", "Last event"]}>
      {clusters.map(({ name, events, first, last }) => (
        <tr key={name}>
          <th scope="row">
            <Link path="/" search={new URLSearchParams({ cluster: name, ...zoneParameter(zone) })}>
              {visible(name)}
            </Link>
          </th>
          <td className="figure">{grouped(events)}</td>
          <td>
            <Time at={first} />
          </td>
          <td>
            <Time at={last} /> <span className="quiet">{ago(last, now)}</span>
          </td>
        </tr>
      ))}
    </Sheet>
  );
}
