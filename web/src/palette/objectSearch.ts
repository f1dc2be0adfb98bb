import type { ListedObject, ObjectName } from "../api/model";

/** What was typed as the name of an object: `web`, or `shop/web` and `deployment/web`, as people write them. */
export interface ObjectWords {
  name: string;
  /** A namespace or a kind; empty if none was written. */
  before: string;
}

/** Names of Kubernetes have no other characters, and a search for fewer finds everything. */
const nameForm = /^[a-z0-9][a-z0-9.:-]+$/;

export function objectWords(typed: string): ObjectWords | null {
  const parts = typed
    .trim()
    .toLowerCase()
    .split(/[/\s]+/);
  const name = parts.at(-1) ?? "";
  if (parts.length > 2 || !nameForm.test(name)) return null;
  return { name, before: parts.length === 2 ? (parts[0] ?? "") : "" };
}

/** Finds the names of objects that were written and have these letters. */
export function namesQuery({ name }: ObjectWords): string {
  return `name:*${name.replaceAll(":", "\\:")}* verb:(create OR update OR patch OR delete)`;
}

/** What components write all day, and nobody looks for by name. */
const rarelyMeant = new Set(["events", "leases"]);

/** Those that were meant: names that begin so first, and of those what still exists. */
export function ranked(objects: readonly ListedObject[], { name, before }: ObjectWords): ListedObject[] {
  const place = ({ object, state }: ListedObject) =>
    (rarelyMeant.has(object.resource) ? 8 : 0) +
    (object.name === name ? 0 : object.name.startsWith(name) ? 2 : 4) +
    (state === "deleted" ? 1 : 0);
  return objects.filter(({ object }) => isMeant(object, before)).sort((a, b) => place(a) - place(b));
}

function isMeant({ namespace, resource, cluster }: ObjectName, before: string): boolean {
  return before === "" || [namespace, resource, cluster].some((word) => word.startsWith(before));
}
