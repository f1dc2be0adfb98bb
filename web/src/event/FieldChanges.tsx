import { useState } from "react";
import type { AuditEvent, FieldChange } from "../api/model";
import { counted } from "../text/count";
import { visible } from "../text/visible";
import { sideOf } from "./fieldValue";
import { confidenceNote } from "./marks";

const glyphs = { add: "+", remove: "−", replace: "~" } as const;
const words = { add: "added", remove: "removed", replace: "changed" } as const;
const shownAtFirst = 25;

/** The change set: field by field what was there before, and what after. */
export function FieldChanges({ event }: { event: AuditEvent }) {
  const [all, setAll] = useState(false);
  const nothing = nothingChanged(event);
  if (event.change === null || nothing !== null) return <p className="quiet">{nothing}</p>;
  const { fields, fields_total, members, unseen_before } = event.change;
  const note = confidenceNote(event);
  // The status is what the cluster makes of a change, and comes last.
  const sorted = [...fields].sort((a, b) => Number(a.status ?? false) - Number(b.status ?? false));
  const shown = all ? sorted : sorted.slice(0, shownAtFirst);
  return (
    <div className="field-changes">
      {note !== null && (
        <p className="note">
          {note.glyph} {note.text}.
        </p>
      )}
      {unseen_before && (
        <p className="note">A write before this one was not recorded; some of these fields may be its doing.</p>
      )}
      {fields.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="Changed fields">
          <table>
            <thead>
              <tr>
                <th scope="col">Field</th>
                <th scope="col">Before</th>
                <th scope="col">After</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((field) => (
                <FieldRow key={`${field.op} ${field.path}`} field={field} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {!all && sorted.length > shown.length && (
        <button
          type="button"
          className="link"
          onClick={() => {
            setAll(true);
          }}
        >
          Show {counted(sorted.length - shown.length, "more field", "more fields")}
        </button>
      )}
      {fields_total !== null && fields_total > fields.length && (
        <p className="quiet">{counted(fields_total, "field")} in all; the diff shows every one.</p>
      )}
      {members.length > 0 && (
        <p>
          Deleted with it:{" "}
          {members
            .map(({ object }) => visible(object.name))
            .slice(0, 50)
            .join(", ")}
          {members.length > 50 && ` and ${counted(members.length - 50, "more", "more")}`}
        </p>
      )}
    </div>
  );
}

function FieldRow({ field }: { field: FieldChange }) {
  return (
    <tr className={field.op}>
      <th scope="row">
        <span className="op" role="img" aria-label={words[field.op]}>
          {glyphs[field.op]}
        </span>
        <code>{visible(field.path)}</code>
      </th>
      <td>
        <Side field={field} side="before" />
      </td>
      <td>
        <Side field={field} side="after" />
        {field.cut === true && <span className="quiet"> cut, {counted(field.bytes ?? 0, "byte")} in all</span>}
      </td>
    </tr>
  );
}

function Side({ field, side }: { field: FieldChange; side: "before" | "after" }) {
  const value = sideOf(field, side);
  if (value === null) return <span className="quiet">–</span>;
  return value.known ? <code className={`value ${side}`}>{value.text}</code> : <em className="quiet">{value.text}</em>;
}

/** Why the event changed nothing; null where it did. */
export function nothingChanged(event: AuditEvent): string | null {
  if (event.change !== null && event.change.type !== "none") return null;
  if (event.kind === "gap") return visible(event.gap?.reason ?? "");
  if (event.outcome?.result === "denied") return "It was refused, so nothing changed.";
  if (event.outcome?.result === "failed") return "It failed, so nothing changed.";
  return "It changed no object.";
}
