import type { AuditEvent } from "../api/model";
import { visible } from "../text/visible";

const words = { success: "", denied: "denied", failed: "failed", open: "open", pending: "pending" } as const;

/** How a request ended, where it did not simply succeed. */
export function Outcome({ event }: { event: AuditEvent }) {
  if (event.finding !== null)
    return <span className={`outcome severity-${event.finding.severity}`}>{event.finding.severity}</span>;
  if (event.outcome === null || event.outcome.result === "success") return null;
  const { result, code, reason, denied_by } = event.outcome;
  const by = denied_by === null ? "" : `, by ${denied_by}`;
  return (
    <span className={`outcome ${result}`} title={visible(`${reason}${by}`)}>
      {words[result]} {code ?? ""}
    </span>
  );
}
