import type { ReactNode } from "react";
import type { AuditEvent, EventBody } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { panes, type ListState, type Pane } from "../list/listState";
import type { ChangeList } from "../list/useListState";
import { Failure } from "../shell/Failure";
import { askEvent } from "./askEvent";
import { Because } from "./Because";
import { EventDiff } from "./EventDiff";
import { EventFacts } from "./EventFacts";
import { Evidence } from "./Evidence";
import { FlowFacts } from "./FlowFacts";
import { FieldChanges } from "./FieldChanges";
import { Narrow } from "./Narrow";
import { Neighbours } from "./Neighbours";
import { RawRecord } from "./RawRecord";
import { WhoReally } from "./WhoReally";

const titles: Record<Pane, string> = {
  change: "What changed",
  diff: "Diff",
  who: "Who really",
  around: "Before and after",
  raw: "Record",
};

interface Props {
  id: string;
  /** The event as the list has it; null where it is not in the list. */
  listed: AuditEvent | null;
  state: ListState;
  onChange: ChangeList;
}

/** All there is to know of one event, opened under its line. */
export function EventDetails({ id, listed, state, onChange }: Props) {
  const { body, error } = useAnswer(id, (signal) => askEvent(id, listed !== null, signal));
  const event = body ?? listed;
  const open = (other: string) => {
    onChange({ event: other, pane: "change" });
  };
  if (event === null) return error === null ? <p className="quiet">Looking…</p> : <Failure error={error} />;
  return (
    <div className="details" ref={bringIntoSight}>
      <EventFacts event={event} state={state} onChange={onChange} />
      {body !== null && <Because causes={body.because} onOpen={open} />}
      <div className="tabs" role="tablist" aria-label="About this event">
        {panes.map((pane) => (
          <button
            key={pane}
            type="button"
            role="tab"
            id={`tab-${pane}`}
            aria-selected={state.pane === pane}
            aria-controls="pane"
            onClick={() => {
              onChange({ pane, event: id }, "replace");
            }}
          >
            {titles[pane]}
          </button>
        ))}
      </div>
      <div className="pane" role="tabpanel" id="pane" aria-labelledby={`tab-${state.pane}`}>
        {error !== null && <Failure error={error} />}
        {paneOf(state.pane, event, body, open)}
      </div>
      <Narrow
        event={event}
        query={state.query}
        onSearch={(query) => {
          onChange({ query, event: null });
        }}
      />
    </div>
  );
}

/** Details that open below the edge of the list would go unseen; of long ones the headline is what has to be in sight. */
function bringIntoSight(details: HTMLElement | null): void {
  const whole = details?.closest(".open");
  if (!whole) return;
  requestAnimationFrame(() => {
    const room = whole.closest(".event-rows")?.clientHeight ?? window.innerHeight;
    whole.scrollIntoView({ block: whole.clientHeight > room ? "start" : "nearest" });
  });
}

function paneOf(pane: Pane, event: AuditEvent, body: EventBody | null, open: (id: string) => void): ReactNode {
  if (pane === "change") {
    if (event.flow !== null) return <FlowFacts flow={event.flow} />;
    if (event.finding !== null) return <Evidence finding={event.finding} onOpen={open} />;
    return <FieldChanges event={event} />;
  }
  if (pane === "diff") return <EventDiff event={event} />;
  if (pane === "around") return <Neighbours event={event} onOpen={open} />;
  if (body === null) return <p className="quiet">Looking…</p>;
  return pane === "who" ? <WhoReally event={body} /> : <RawRecord event={body} />;
}
