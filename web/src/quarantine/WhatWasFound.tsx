import type { StoryRow } from "../api/model";
import { who, what } from "../event/actor";
import { Time } from "../shell/zone";
import { visible } from "../text/visible";

const sessions = new Set(["exec", "attach", "portforward"]);

/** What should not be while a pod is under quarantine, who was in it, and what is missing to be sure. */
export function WhatWasFound({ rows, advice }: { rows: readonly StoryRow[]; advice: readonly string[] }) {
  const findings = rows.flatMap(({ event }) => (event?.finding == null ? [] : [{ ...event, finding: event.finding }]));
  const shells = rows.flatMap(({ event, phase }) =>
    event !== null && phase !== "before" && sessions.has(event.object?.subresource ?? "") ? [event] : [],
  );
  return (
    <div className="found">
      {findings.map(({ id, time, summary, finding }) => (
        <p key={id} className="found-line">
          <span className={`outcome severity-${finding.severity}`}>{finding.severity}</span> <Time at={time} />{" "}
          {visible(summary)}
          {finding.reason !== "" && <span className="quiet"> · {visible(finding.reason)}</span>}
        </p>
      ))}
      {shells.map((event) => (
        <p key={event.id} className="found-line">
          <span className="outcome">shell</span> <Time at={event.time} /> <strong>{who(event)}</strong> {what(event)}
        </p>
      ))}
      {advice.map((sentence) => (
        <p key={sentence} className="found-line">
          <span className="outcome">not sure</span> {visible(sentence)}
        </p>
      ))}
    </div>
  );
}
