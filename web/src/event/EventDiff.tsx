import { useState } from "react";
import { ask } from "../api/ask";
import type { AuditEvent, DiffBody } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { DiffView, type DiffShape } from "../diff/DiffView";
import { DiffOptions } from "../diff/DiffOptions";
import { Failure } from "../shell/Failure";
import { nothingChanged } from "./FieldChanges";

/** The object before and after the event. */
export function EventDiff({ event }: { event: AuditEvent }) {
  const { id } = event;
  const [shape, setShape] = useState<DiffShape>("unified");
  const [noise, setNoise] = useState(false);
  const { body, error } = useAnswer(id, (signal) => ask<DiffBody>(`events/${id}/diff`, {}, signal));
  if (error !== null) return <Failure error={error} />;
  if (body === null) return <p className="quiet">Looking…</p>;
  if (body.before === null && body.after === null) {
    return <p className="quiet">{nothingChanged(event) ?? "No record says what the object was before or after."}</p>;
  }
  return (
    <>
      <DiffOptions shape={shape} noise={noise} onShape={setShape} onNoise={setNoise} />
      {body.before === null && body.change?.type !== "create" && (
        <p className="note">What it was before was not recorded.</p>
      )}
      {body.after === null && body.change?.type !== "delete" && (
        <p className="note">What it was after was not recorded.</p>
      )}
      <DiffView before={body.before} after={body.after} shape={shape} noise={noise} titles={["Before", "After"]} />
    </>
  );
}
