import type { AuditEvent } from "../api/model";
import type { ListState } from "../list/listState";
import type { ChangeList } from "../list/useListState";
import { storyPath } from "../quarantine/storyAddress";
import { Link } from "../shell/Link";
import { objectPath } from "../shell/place";
import { Time, useZone } from "../shell/zone";
import { around } from "../time/range";
import { visible } from "../text/visible";
import { zoneName, zoneParameter } from "../time/zone";

interface Props {
  event: AuditEvent;
  state: ListState;
  onChange: ChangeList;
}

const lateMs = 1_000;
const minutesAround = 5;

/** When exactly, where, how it ended, and where to go from here. */
export function EventFacts({ event, state, onChange }: Props) {
  const zone = useZone();
  const { object, outcome } = event;
  const late = Date.parse(event.received) - Date.parse(event.time);
  const hasHistory = object !== null && object.resource !== "" && object.name !== "";
  return (
    <div className="event-facts">
      <span>
        <Time at={event.time} /> {zoneName(zone)}
        {late > lateMs && !event.via.includes("import") && (
          <span className="quiet">, received {(late / 1000).toFixed(1)} s later</span>
        )}
      </span>
      <span>cluster {visible(event.cluster)}</span>
      {event.verb !== "" && <span>{visible(event.verb)}</span>}
      {outcome !== null && (
        <span>
          {outcome.result} {outcome.code ?? ""} {visible(outcome.reason)}
          {outcome.denied_by !== null && ` (by ${outcome.denied_by})`}
        </span>
      )}
      <span className="quiet">id {event.id.slice(0, 8)}</span>
      <span className="spread" />
      {event.finding?.rule.startsWith("quarantine.") === true && object !== null && (
        <Link
          className="button"
          path={storyPath(event.cluster, object.namespace, object.name)}
          search={new URLSearchParams(zoneParameter(state.zone))}
        >
          Story of this quarantine
        </Link>
      )}
      {hasHistory && (
        <Link
          className="button"
          path={`/${objectPath({ ...object, cluster: event.cluster })}`}
          search={new URLSearchParams(zoneParameter(state.zone))}
        >
          History of this object
        </Link>
      )}
      <button
        type="button"
        onClick={() => {
          onChange({ range: around(event.time, minutesAround), event: event.id });
        }}
      >
        Around this event
      </button>
    </div>
  );
}
