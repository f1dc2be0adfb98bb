import type { AuditEvent, ObjectName } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { ActorBadge } from "../event/ActorBadge";
import { what, who } from "../event/actor";
import { markOf } from "../event/marks";
import { Outcome } from "../event/Outcome";
import { askEvents } from "../list/question";
import { allOf } from "../query/noise";
import { Failure } from "../shell/Failure";
import { Link } from "../shell/Link";
import { Time } from "../shell/zone";
import { counted } from "../text/count";
import { everything } from "../time/range";
import { accessQuery, people } from "./accessQuery";
import type { ObjectState } from "./objectState";
import { zoneParameter } from "../time/zone";

const mostShown = 200;

/** Shells in a pod, reads of a Secret: who looked into the object without changing it. */
export function Access({ object, state }: { object: ObjectName; state: ObjectState }) {
  const query = allOf([accessQuery(object), people]);
  const { body, error } = useAnswer(query, (signal) => askEvents(query, everything, { limit: mostShown }, signal));
  const zone: Record<string, string> = zoneParameter(state.zone);
  if (error !== null) return <Failure error={error} />;
  if (body === null) return <p className="page quiet">Looking…</p>;
  return (
    <section className="access" aria-label="Accesses">
      <p>
        {body.total.value === 0
          ? "No person and no service account was seen looking into it. What the audit policy leaves out is not known."
          : `${counted(body.total.value, "access", "accesses")} by people and service accounts, newest first.`}{" "}
        <Link
          path="/"
          search={new URLSearchParams({ q: accessQuery(object), from: "all", show: "system,reads", ...zone })}
        >
          With those of the control plane
        </Link>
      </p>
      <Accesses title="Shells, logs and port-forwards" events={body.events.filter(isSession)} zone={zone} />
      <Accesses title="Reads" events={body.events.filter((event) => !isSession(event))} zone={zone} />
    </section>
  );
}

const sessions = ["exec", "attach", "portforward", "log", "proxy"];

/** Whoever opens a shell does not only look; that has to be seen before the reads. */
function isSession({ object }: AuditEvent): boolean {
  return object !== null && sessions.includes(object.subresource);
}

function Accesses({
  title,
  events,
  zone,
}: {
  title: string;
  events: readonly AuditEvent[];
  zone: Record<string, string>;
}) {
  if (events.length === 0) return null;
  return (
    <>
      <h2>{title}</h2>
      <ol className="neighbours">
        {events.map((event) => (
          <li key={event.id}>
            <AccessLine
              event={event}
              search={new URLSearchParams({ from: "all", event: event.id, show: "reads", ...zone })}
            />
          </li>
        ))}
      </ol>
    </>
  );
}

function AccessLine({ event, search }: { event: AuditEvent; search: URLSearchParams }) {
  const mark = markOf(event);
  return (
    <Link className="neighbour" path="/" search={search}>
      <Time at={event.time} />
      <span className={`glyph ${mark.tone}`} role="img" aria-label={mark.name}>
        {mark.glyph}
      </span>
      {event.actor !== null && <ActorBadge type={event.actor.type} />}
      <span className="who-name">{who(event)}</span>
      <span>{what(event)}</span> <Outcome event={event} />
    </Link>
  );
}
