import type { SourceStatus } from "../api/model";
import { Time } from "../shell/zone";
import { grouped } from "../text/count";
import { sizeInWords } from "../text/size";
import { visible } from "../text/visible";
import { ago, lengthInWords } from "../time/length";
import { Sheet } from "./Sheet";
import { sendsByItself } from "./sourceChecks";

const columns = [
  "Source",
  "Cluster",
  "Last heard",
  "Last event",
  "Lag",
  "#Records",
  "#Per s",
  "#Per day",
  "#Copies",
  "#Dead",
  "#Gaps",
];

/** Where records come in, those that are in trouble first, and imports last. */
export function SourceTable({ sources, now }: { sources: readonly SourceStatus[]; now: Date }) {
  if (sources.length === 0) return null;
  const place = (source: SourceStatus) => (isInTrouble(source) ? 0 : sendsByItself(source) ? 1 : 2);
  const sorted = [...sources].sort((a, b) => place(a) - place(b));
  return (
    <Sheet title="Sources" columns={columns}>
      {sorted.map((source) => (
        <SourceRow key={`${source.cluster} ${source.source}`} source={source} now={now} />
      ))}
    </Sheet>
  );
}

function isInTrouble({ trouble, silent_since }: SourceStatus): boolean {
  return trouble !== null || silent_since !== null;
}

function SourceRow({ source, now }: { source: SourceStatus; now: Date }) {
  const { records, records_per_second, bytes_per_day, duplicates, dead_letters, gaps, last_event } = source;
  return (
    <tr className={isInTrouble(source) ? "in-trouble" : ""}>
      <th scope="row">{visible(source.source)}</th>
      <td>{visible(source.cluster)}</td>
      <td>{heard(source, now)}</td>
      <td>{last_event === null ? "–" : <Time at={last_event} />}</td>
      <td>{lag(source)}</td>
      <td className="figure">{grouped(records)}</td>
      <td className="figure">{records_per_second.toFixed(1)}</td>
      <td className="figure">{sizeInWords(bytes_per_day)}</td>
      <td className="figure">{grouped(duplicates)}</td>
      <Notable count={dead_letters} />
      <Notable count={gaps} />
    </tr>
  );
}

function Notable({ count }: { count: number }) {
  return <td className="figure">{count > 0 ? <strong className="warning">{grouped(count)}</strong> : 0}</td>;
}

function heard({ trouble, silent_since, last_received }: SourceStatus, now: Date) {
  if (trouble !== null) return <strong className="warning">cannot be read</strong>;
  const when = last_received === null ? "never" : ago(last_received, now);
  return silent_since === null ? when : <strong className="warning">{when}, silent</strong>;
}

function lag(source: SourceStatus): string {
  // Whoever imports a year-old file has no lag of a year.
  if (!sendsByItself(source)) return "–";
  const { lag_ms, lag_bytes } = source;
  if (lag_bytes !== null && lag_bytes > 0) return sizeInWords(lag_bytes);
  if (lag_ms === null) return "–";
  if (lag_ms <= -1_000) return `-${lengthInWords(-lag_ms / 1_000)}`;
  return lag_ms < 1_000 ? "<1s" : lengthInWords(lag_ms / 1_000);
}
