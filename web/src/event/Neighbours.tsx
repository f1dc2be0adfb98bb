import { useAnswer } from "../api/useAnswer";
import { Failure } from "../shell/Failure";
import { useZone } from "../shell/zone";
import { clockTime } from "../time/zone";
import { around } from "../time/range";
import { allOf } from "../query/noise";
import { term } from "../query/quote";
import type { AuditEvent } from "../api/model";
import { askEvents } from "../list/question";
import { ActorBadge } from "./ActorBadge";
import { what, who } from "./actor";
import { markOf } from "./marks";

const eachSide = 6;
const reachMinutes = 10;
/** Heartbeats and status are never what happened next. */
const quiet = "-statusonly:true -resource:(leases OR events) -kind:gap";

interface Props {
  event: AuditEvent;
  onOpen: (id: string) => void;
}

/** What happened just before and just after, whoever did it. */
export function Neighbours({ event, onOpen }: Props) {
  const zone = useZone();
  const { body, error } = useAnswer(event.id, async (signal) => {
    const query = allOf([term("cluster", event.cluster), quiet]);
    const { from, to } = around(event.time, reachMinutes);
    const [before, after] = await Promise.all([
      askEvents(query, { from, to: event.time }, { limit: eachSide }, signal),
      // The event itself is the first of its own time.
      askEvents(query, { from: event.time, to }, { limit: eachSide + 1, order: "asc" }, signal),
    ]);
    const others = after.events.filter(({ id }) => id !== event.id).slice(0, eachSide);
    return [...before.events.reverse(), event, ...others];
  });
  if (error !== null) return <Failure error={error} />;
  if (body === null) return <p className="quiet">Looking…</p>;
  return (
    <ol className="neighbours">
      {body.map((one) => {
        const mark = markOf(one);
        const { clock, fraction } = clockTime(one.time, zone);
        const line = (
          <>
            <time dateTime={one.time}>
              {clock}
              {fraction}
            </time>
            <span className={`glyph ${mark.tone}`} role="img" aria-label={mark.name}>
              {mark.glyph}
            </span>
            {one.actor !== null && <ActorBadge type={one.actor.type} />} <span className="who-name">{who(one)}</span>{" "}
            {what(one)}
          </>
        );
        return (
          <li
            key={one.id}
            className={one.id === event.id ? "self" : ""}
            aria-current={one.id === event.id ? "true" : undefined}
          >
            {one.id === event.id ? (
              <span className="neighbour">{line}</span>
            ) : (
              <button
                type="button"
                className="neighbour"
                onClick={() => {
                  onOpen(one.id);
                }}
              >
                {line}
              </button>
            )}
          </li>
        );
      })}
    </ol>
  );
}
