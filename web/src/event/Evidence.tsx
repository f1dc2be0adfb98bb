import type { AuditEvent } from "../api/model";
import { visible } from "../text/visible";

type Finding = NonNullable<AuditEvent["finding"]>;

/** Why a rule found something, and the events that show it. */
export function Evidence({ finding, onOpen }: { finding: Finding; onOpen: (id: string) => void }) {
  return (
    <>
      <p>
        <strong>{visible(finding.title)}</strong>
        {finding.reason !== "" && `: ${visible(finding.reason)}`}
      </p>
      <p>
        Evidence:{" "}
        {finding.evidence.map((id, index) => (
          <span key={id}>
            {index > 0 && ", "}
            <button
              type="button"
              className="link"
              onClick={() => {
                onOpen(id);
              }}
            >
              event {id.slice(0, 8)}
            </button>
          </span>
        ))}{" "}
        <span className="quiet">found by rule {visible(finding.rule)}</span>
      </p>
    </>
  );
}
