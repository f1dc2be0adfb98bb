import type { StatusBody } from "../api/model";
import { visible } from "../text/visible";
import { bestLevels } from "./levels";
import { Sheet } from "./Sheet";

/** How much changes of the last day say: without bodies nobody can tell what changed. */
export function LevelTable({ levels }: { levels: StatusBody["levels"] }) {
  if (levels.length === 0) return null;
  return (
    <Sheet title="Audit levels of the last day" columns={["Cluster", "Changes at level", "Resources"]}>
      {bestLevels(levels).map(({ cluster, level, resources }) => (
        <tr key={`${cluster} ${level}`}>
          <th scope="row">{visible(cluster)}</th>
          <td>{level}</td>
          <td className="wraps">{visible(resources.join(" "))}</td>
        </tr>
      ))}
    </Sheet>
  );
}
