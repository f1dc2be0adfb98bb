import type { ReactNode } from "react";
import type { StatusBody } from "../api/model";
import { Time } from "../shell/zone";
import { counted, grouped } from "../text/count";
import { sizeInWords } from "../text/size";
import { visible } from "../text/visible";
import { ago, lengthInWords } from "../time/length";
import { waitingRecords } from "./findings";

/** Nobody plans further ahead. */
const manyDays = 1_000;

/** Room, journal, index and listeners: what “taffrail status” says at its end. */
export function ServerFacts({ status, now }: { status: StatusBody; now: Date }) {
  const { disk, index, ingest, coverage } = status;
  const { counts } = index;
  return (
    <section aria-label="Server">
      <h2>Server</h2>
      <dl className="facts">
        <Fact name="server">
          version {visible(status.version)}, up {lengthInWords(status.uptime_s)}
        </Fact>
        <Fact name="answers">
          {coverage.lag_ms < 1_000 ? "less than a second" : lengthInWords(coverage.lag_ms / 1_000)} behind; everything
          received before <Time at={coverage.complete_to} /> is searchable
        </Fact>
        <Fact name="disk">
          {disk.free_bytes === null ? "not known" : `${sizeInWords(disk.free_bytes)} free`}
          {` in ${visible(status.data)}`}
        </Fact>
        <Fact name="retention">{room(status)}</Fact>
        <Fact name="journal">{journal(status)}</Fact>
        <Fact name="index">
          {counted(index.documents, "event")} in {counted(index.splits, "split")}, {sizeInWords(index.bytes)}
          {index.last_commit !== null && `; last commit ${ago(index.last_commit, now)}`}
        </Fact>
        <Fact name="since start">
          {counted(counts.read, "record")}: {counted(counts.kept, "new event")}, {grouped(counts.folded)} folded into
          one, {counted(counts.duplicate, "duplicate")}, {grouped(counts.held)} waiting for their end
          {counts.expired > 0 && `, ${grouped(counts.expired)} older than index.retention keeps`}
        </Fact>
        <Fact name="senders">
          {ingest.refused === 0 ? "none" : counted(ingest.refused, "request")} told to come back;{" "}
          {sizeInWords(ingest.in_flight_bytes)} of {sizeInWords(ingest.budget_bytes)} in flight
        </Fact>
        {ingest.drop.map(({ query, dropped }) => (
          <Fact key={query} name="not kept">
            {counted(dropped, "record")} that match <code>{visible(query)}</code>
          </Fact>
        ))}
        {ingest.folded_flows > 0 && (
          <Fact name="folded">{counted(ingest.folded_flows, "flow record")} of ingest.fold_flows</Fact>
        )}
        {status.certificates.map(({ listener, not_after }) => (
          <Fact key={listener} name="certificate">
            of the {visible(listener)} listener, valid until <Time at={not_after} />
          </Fact>
        ))}
        <Fact name="listeners">
          API <code>{visible(status.api.url)}</code>, ingest <code>{visible(ingest.url)}</code>
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function room({ retention: { used_bytes, max_bytes, bytes_per_day, days_left } }: StatusBody): string {
  const used =
    max_bytes === null
      ? `${sizeInWords(used_bytes)} used, without a limit`
      : `${sizeInWords(used_bytes)} of ${sizeInWords(max_bytes)} used, then the oldest events go`;
  const growth = bytes_per_day === null ? "" : `; ${sizeInWords(bytes_per_day)} more a day`;
  const left = days_left === null || days_left >= manyDays ? "" : `: ${grouped(days_left)} days left`;
  return used + growth + left;
}

function journal(status: StatusBody): string {
  const { first, end, bytes } = status.journal;
  if (end === first) return `no records, ${sizeInWords(bytes)}`;
  const waiting = waitingRecords(status);
  const searchable =
    waiting === 0 ? "all searchable" : `${grouped(waiting)} ${waiting === 1 ? "is" : "are"} not yet searchable`;
  return `${counted(end - first, "record")} up to number ${grouped(end)}, ${sizeInWords(bytes)}; ${searchable}`;
}
