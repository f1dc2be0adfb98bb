import type { ObjectName } from "../api/model";
import { allOf } from "../query/noise";
import { term } from "../query/quote";

const reads = "(verb:(get OR list OR watch) OR sub:(exec OR attach OR portforward OR log OR proxy))";
export const people = "-by:(system OR controller OR node)";

/** What finds those who looked into an object: sessions and reads of its own, and of Secrets lists of them all. */
export function accessQuery({ cluster, group, resource, namespace, name }: ObjectName): string {
  const own = [term("name", name)];
  const named = resource === "secrets" ? `(${own.join(" ")} OR verb:(list OR watch) name:"")` : own.join(" ");
  return allOf([
    term("cluster", cluster),
    term("group", group || "core"),
    term("resource", resource),
    namespace === "" ? "" : term("ns", namespace),
    named,
    reads,
  ]);
}
