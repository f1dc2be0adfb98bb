import { ask } from "../api/ask";
import type { StatusBody } from "../api/model";
import { usePolled } from "../api/usePolled";
import { Failure } from "../shell/Failure";
import { useTitle } from "../shell/useTitle";
import { Time, useZone } from "../shell/zone";
import { visible } from "../text/visible";
import { ClusterTable } from "./ClusterTable";
import { DeadLetters } from "./DeadLetters";
import { FindingList } from "./FindingList";
import { findingsOf, hasNothing } from "./findings";
import { GapList } from "./GapList";
import { HowToSend } from "./HowToSend";
import { LevelTable } from "./LevelTable";
import { NotifyTable } from "./NotifyTable";
import { ServerFacts } from "./ServerFacts";
import { SourceTable } from "./SourceTable";
import { verdictOf, type Verdict } from "./verdict";

const refreshMs = 5_000;

/** Whether what is sent arrives, and what is in its way. */
export function StatusPage() {
  useTitle("Status");
  const { body, error, at, refresh } = usePolled("status", refreshMs, (signal) =>
    ask<StatusBody>("status", {}, signal),
  );
  return (
    <main className="page status-page">
      <h1>Status</h1>
      {error !== null && <Failure error={error} onRetry={refresh} />}
      {body === null && error === null && <p className="quiet">Looking…</p>}
      {body !== null && <Shown status={body} at={at} />}
    </main>
  );
}

function Shown({ status, at }: { status: StatusBody; at: Date }) {
  const zone = useZone();
  const view = { now: at, zone };
  const findings = findingsOf(status, view);
  return (
    <>
      <VerdictLine verdict={verdictOf(status, findings, view)} />
      <p className="quiet">
        As of <Time at={at.toISOString()} />; this page asks again by itself. “taffrail doctor” finds the same.
      </p>
      {hasNothing(status) ? <HowToSend ingestUrl={status.ingest.url} /> : <FindingList findings={findings} />}
      <SourceTable sources={status.sources} now={at} />
      <ClusterTable clusters={status.clusters} now={at} />
      <GapList coverage={status.coverage} />
      <DeadLetters stored={status.dead_letters.stored} received={status.dead_letters.received} />
      <NotifyTable targets={status.notify} now={at} />
      <LevelTable levels={status.levels} />
      <ServerFacts status={status} now={at} />
    </>
  );
}

const signs: Record<Verdict["tone"], string> = { well: "✓", doubtful: "?", bad: "!" };

function VerdictLine({ verdict: { tone, sentence, more } }: { verdict: Verdict }) {
  return (
    <p className={`verdict ${tone}`} role="status">
      <span className="verdict-sign" aria-hidden="true">
        {signs[tone]}
      </span>
      <span>
        <strong>{visible(sentence)}</strong> {more}
      </span>
    </p>
  );
}
