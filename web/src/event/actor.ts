import type { Actor, AuditEvent } from "../api/model";
import { visible } from "../text/visible";

const serviceAccount = "system:serviceaccount:";
const node = "system:node:";

/** The actor's name as summaries have it: without the prefixes that its badge says. */
export function actorName(actor: Pick<Actor, "name" | "display">): string {
  if (actor.display !== "") return visible(actor.display);
  return visible(shortName(actor.name));
}

function shortName(name: string): string {
  if (name.startsWith(serviceAccount)) return name.slice(serviceAccount.length);
  if (name.startsWith(node)) return name.slice(node.length);
  return name;
}

/** Who did it, in the words of a column: "kubernetes-admin as mallory". */
export function who(event: AuditEvent): string {
  if (event.actor === null) return "";
  if (event.actor.name === "") return "unauthenticated";
  const name = actorName(event.actor);
  return event.actor.as === null ? name : `${name} as ${visible(shortName(event.actor.as.name))}`;
}

/** What was done: the summary without the name that stands in the column before it. */
export function what(event: AuditEvent): string {
  const summary = visible(event.summary);
  const name = who(event);
  return name !== "" && summary.startsWith(`${name} `) ? summary.slice(name.length + 1) : summary;
}
