import type { ObjectName } from "../api/model";
import { ActorBadge } from "../event/ActorBadge";
import { what, who } from "../event/actor";
import { Link } from "../shell/Link";
import { Time, useZone } from "../shell/zone";
import { term } from "../query/quote";
import { counted } from "../text/count";
import { visible } from "../text/visible";
import type { History } from "./askHistory";
import { zoneParameter } from "../time/zone";

/** Which object it is, whether it is still there, and who touched it last. */
export function ObjectHeader({ object, history }: { object: ObjectName; history: History | null }) {
  const zone = useZone();
  const newest = history?.versions[0];
  const deleted = newest?.event.change?.type === "delete";
  const query = [
    term("resource", object.resource),
    ...(object.namespace === "" ? [] : [term("ns", object.namespace)]),
    term("name", object.name),
  ].join(" ");
  const search = new URLSearchParams({ q: query, from: "all", ...zoneParameter(zone) });
  return (
    <header className="object-header">
      <p className="quiet">
        {visible(object.resource)}
        {object.group !== "" && `.${visible(object.group)}`} · cluster {visible(object.cluster)}
        {object.namespace !== "" && ` · namespace ${visible(object.namespace)}`}
      </p>
      <div className="object-title">
        <h1>{visible(object.name)}</h1>
        {newest !== undefined && (
          <span className={`outcome ${deleted ? "failed" : ""}`}>{deleted ? "deleted" : "exists"}</span>
        )}
        <span className="spread" />
        <Link className="button" path="/" search={search}>
          All events of it
        </Link>
      </div>
      {newest !== undefined && history !== null && (
        <p>
          Last change: <Time at={newest.event.time} />{" "}
          {newest.event.actor !== null && <ActorBadge type={newest.event.actor.type} />}{" "}
          <strong>{who(newest.event)}</strong> {what(newest.event)}.{" "}
          <span className="quiet">{counted(history.versions.length, "version")} in this list.</span>
        </p>
      )}
    </header>
  );
}
