import type { ReactNode } from "react";
import type { EventBody } from "../api/model";
import { visible } from "../text/visible";
import { actorBadges } from "./marks";
import { ActorBadge } from "./ActorBadge";

/** Everything that is known of who stands behind a request: names may be borrowed. */
export function WhoReally({ event }: { event: EventBody }) {
  const { actor, client, audit } = event;
  if (actor === null || client === null) return <p className="quiet">Nobody asked for this: it is no request.</p>;
  const reason = audit?.annotations["authorization.k8s.io/reason"];
  return (
    <dl className="facts">
      <Fact name="User">
        <ActorBadge type={actor.type} /> <code>{visible(actor.name) || "none"}</code> {actorBadges[actor.type].name}
        {actor.display !== "" && `, known as ${visible(actor.display)}`}
      </Fact>
      {actor.as !== null && (
        <Fact name="Acted as">
          <code>{visible(actor.as.name)}</code>
          <span className="quiet"> by impersonation; groups {list(actor.as.groups)}</span>
        </Fact>
      )}
      {actor.pod !== null && (
        <Fact name="From the pod">
          <code>{visible(`${actor.pod.namespace}/${actor.pod.name}`)}</code>
          {actor.node !== "" && (
            <>
              {" "}
              on node <code>{visible(actor.node)}</code>
            </>
          )}
        </Fact>
      )}
      <Fact name="Groups">{list(actor.groups)}</Fact>
      {actor.credential !== "" && (
        <Fact name="Credential">
          <code className="long">{visible(actor.credential)}</code>
        </Fact>
      )}
      <Fact name="Client">
        <code>{visible(client.user_agent) || "does not say"}</code>
        {client.field_manager !== "" && (
          <span className="quiet"> as field manager {visible(client.field_manager)}</span>
        )}
      </Fact>
      <Fact name="Addresses">
        {client.ips.map(visible).join(" → ") || "none"}
        {client.ips.length > 1 && <span className="quiet"> all but the last are what the client says</span>}
      </Fact>
      {typeof reason === "string" && reason !== "" && <Fact name="Allowed by">{visible(reason)}</Fact>}
      <Fact name="Asked for">
        <code className="long">{visible(audit?.uri ?? "")}</code>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map(visible).join(", ");
}
