import type { Coverage } from "../api/model";
import { Link } from "../shell/Link";
import { Time, useZone } from "../shell/zone";
import { grouped } from "../text/count";
import { visible } from "../text/visible";
import { Sheet } from "./Sheet";
import { zoneParameter } from "../time/zone";

const mostShown = 20;

/** Where records are known to be missing, the newest first. */
export function GapList({ coverage: { gaps, removed } }: { coverage: Coverage }) {
  const zone = useZone();
  const newest = [...gaps].sort((a, b) => (a.from < b.from ? 1 : -1)).slice(0, mostShown);
  const asEvents = new URLSearchParams({ q: "kind:gap", from: "all", ...zoneParameter(zone) });
  return (
    <>
      {newest.length > 0 && (
        <Sheet title="Gaps" columns={["From", "To", "Cluster", "Source", "#Lost", "Why"]}>
          {newest.map((gap) => (
            <tr key={`${gap.cluster} ${gap.source} ${gap.from}`}>
              <th scope="row">
                <Time at={gap.from} />
              </th>
              <td>
                <Time at={gap.to} />
              </td>
              <td>{visible(gap.cluster) || "all"}</td>
              <td>{visible(gap.source)}</td>
              <td className="figure">{gap.lost === null ? "not known" : grouped(gap.lost)}</td>
              <td>{visible(gap.reason)}</td>
            </tr>
          ))}
        </Sheet>
      )}
      {newest.length === 0 && (
        <section aria-label="Gaps">
          <h2>Gaps</h2>
          <p>No gaps are known.</p>
        </section>
      )}
      {gaps.length > newest.length && (
        <p>
          <Link path="/" search={asEvents}>
            All {grouped(gaps.length)} gaps
          </Link>
        </p>
      )}
      {removed.map(({ class: kind, before }) => (
        <p key={kind} className="quiet">
          Events of class {visible(kind)} before <Time at={before} /> were removed by retention.
        </p>
      ))}
    </>
  );
}
