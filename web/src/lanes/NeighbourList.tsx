import type { LaneEvent } from "../api/model";
import { useZone } from "../shell/zone";
import { visible } from "../text/visible";
import { fullTime } from "../time/zone";
import type { SceneLane } from "./scene";

interface Props {
  lane: SceneLane | null;
  events: readonly LaneEvent[];
  /** The event that a click would open. */
  meant: string | null;
}

/** What lies around the cursor, in words. It has its place under the picture, so that it never covers what one looks at. */
export function NeighbourList({ lane, events, meant }: Props) {
  const zone = useZone();
  return (
    <div className="lane-neighbours" aria-hidden="true">
      {lane === null ? (
        <p className="quiet">
          Point at a lane to read what happened there. A click opens the event, dragging zooms in.
        </p>
      ) : (
        <>
          <strong>{visible(lane.lane.label) || "(none)"}</strong>
          <ol>
            {events.map((event) => (
              <li key={event.id} className={event.id === meant ? "meant" : undefined}>
                <span className="quiet">{fullTime(event.time, zone)}</span> {visible(event.verb)}{" "}
                <strong>{visible(event.actor)}</strong> {visible(event.summary)}
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
