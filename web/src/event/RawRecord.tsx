import { useMemo } from "react";
import type { EventBody } from "../api/model";
import { visibleLines } from "../text/visible";
import { CopyButton } from "./CopyButton";

/** The record as it was received, after redaction; JSON is laid out to be read. */
export function RawRecord({ event }: { event: EventBody }) {
  const text = useMemo(() => laidOut(event.raw ?? ""), [event.raw]);
  if (event.raw_base64) {
    return (
      <>
        <p className="note">The record is no valid text, and is shown in Base64.</p>
        <pre className="raw" tabIndex={0}>
          {event.raw_base64}
        </pre>
      </>
    );
  }
  if (text === "") return <p className="quiet">No record is kept of this.</p>;
  return (
    <>
      <CopyButton text={event.raw ?? ""} label="Copy the record" />
      <pre className="raw" tabIndex={0}>
        {visibleLines(text)}
      </pre>
    </>
  );
}

function laidOut(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    // Flow records are often plain lines.
    return raw;
  }
}
