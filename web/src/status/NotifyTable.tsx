import type { NotifyStatus } from "../api/model";
import { grouped } from "../text/count";
import { visible } from "../text/visible";
import { ago } from "../time/length";
import { Sheet } from "./Sheet";

const columns = ["Target", "Where to", "What", "#Sent", "Last sent", "#Waiting", "#Given up", "Last failure"];

/** Where events are sent on to, and what became of that. */
export function NotifyTable({ targets, now }: { targets: readonly NotifyStatus[]; now: Date }) {
  if (targets.length === 0) return null;
  return (
    <Sheet title="Notifications" columns={columns}>
      {targets.map((target) => (
        <tr key={target.name} className={target.trouble === null ? "" : "in-trouble"}>
          <th scope="row">{visible(target.name)}</th>
          <td>{visible(target.url)}</td>
          <td>
            <code>{visible(target.query)}</code>
          </td>
          <td className="figure">{grouped(target.sent)}</td>
          <td>{target.last_sent === null ? "never" : ago(target.last_sent, now)}</td>
          <td className="figure">
            {grouped(target.waiting)}
            {target.catching_up && ", more to come"}
          </td>
          <td className="figure" title="Refused for good, or removed before they could be sent">
            {grouped(target.refused + target.missed)}
          </td>
          <td>
            {target.last_failure === null ? (
              "none"
            ) : (
              <span className={target.trouble === null ? "quiet" : "warning"}>
                {ago(target.last_failure.time, now)}: {visible(target.last_failure.reason)}
              </span>
            )}
          </td>
        </tr>
      ))}
    </Sheet>
  );
}
