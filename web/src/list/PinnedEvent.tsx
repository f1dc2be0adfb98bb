import { askEvent } from "../event/askEvent";
import { EventDetails } from "../event/EventDetails";
import { useAnswer } from "../api/useAnswer";
import { Failure } from "../shell/Failure";
import { visible } from "../text/visible";
import type { ListState } from "./listState";
import type { ChangeList } from "./useListState";

interface Props {
  id: string;
  /** Why it is not where one would look for it. */
  note: string;
  state: ListState;
  onChange: ChangeList;
}

/** The open event where the list does not hold it: it is of another time, or hidden as noise. */
export function PinnedEvent({ id, note, state, onChange }: Props) {
  const { body, error } = useAnswer(id, (signal) => askEvent(id, false, signal));
  return (
    <section className="pinned open" aria-label="Opened event">
      <div className="pinned-title">
        <strong>{body === null ? "Opened event" : visible(body.summary)}</strong>
        <span className="quiet">{note}</span>
        <button
          type="button"
          onClick={() => {
            onChange({ event: null });
          }}
        >
          Close
        </button>
      </div>
      {error !== null && <Failure error={error} />}
      {body !== null && <EventDetails id={body.id} listed={body} state={state} onChange={onChange} />}
    </section>
  );
}
