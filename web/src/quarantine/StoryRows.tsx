import type { StoryRow } from "../api/model";
import { markOf } from "../event/marks";
import { Link } from "../shell/Link";
import { useZone } from "../shell/zone";
import { counted, grouped } from "../text/count";
import { visible } from "../text/visible";
import { fullTime, zoneParameter } from "../time/zone";

const phases: readonly (readonly [string, string])[] = [
  ["before", "Before"],
  ["quarantined", "Under quarantine"],
  ["after", "After"],
];

/** Everything that is known, oldest first. */
export function StoryRows({ rows }: { rows: readonly StoryRow[] }) {
  return phases.map(([phase, title]) => {
    const own = rows.filter((row) => row.phase === phase);
    return (
      <section key={phase} aria-label={title}>
        <h3>
          {title} <span className="quiet">{counted(own.length, "row")}</span>
        </h3>
        <ol className="story-rows">
          {own.map((row, index) => (
            <Row key={row.event?.id ?? `${row.time} ${index}`} row={row} />
          ))}
        </ol>
      </section>
    );
  });
}

function Row({ row: { event, rolled_up, time, spans_change } }: { row: StoryRow }) {
  const zone = useZone();
  const when = (
    <>
      <span
        className="spans"
        title={
          spans_change
            ? "The record is of an interval that holds the beginning or the end of the quarantine"
            : undefined
        }
      >
        {spans_change ? "~" : ""}
      </span>
      <time dateTime={time}>{fullTime(time, zone)}</time>
    </>
  );
  if (event === null) {
    return (
      <li className="story-row">
        {when}
        <span className={`glyph ${rolled_up?.effective_verdict === "denied" ? "refused" : "flow"}`} aria-hidden="true">
          →
        </span>
        <span>
          {rolled_up !== null &&
            `${counted(rolled_up.connections, "connection")} ${rolled_up.direction === "ingress" ? "from" : "to"} ${visible(rolled_up.peer)}, port ${String(rolled_up.port ?? "–")}: ${visible(rolled_up.effective_verdict)} (${grouped(rolled_up.flows)} records)`}
        </span>
      </li>
    );
  }
  const mark = markOf(event);
  const search = new URLSearchParams({ from: "all", event: event.id, ...zoneParameter(zone) });
  return (
    <li>
      <Link path="/" search={search} className="story-row">
        {when}
        <span className={`glyph ${mark.tone}`} role="img" aria-label={mark.name}>
          {mark.glyph}
        </span>
        <span>{visible(event.summary)}</span>
      </Link>
    </li>
  );
}
