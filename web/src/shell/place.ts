// The pages and their paths, which can be read and guessed: /objects/prod/apps/deployments/shop/web.
import type { ObjectName } from "../api/model";

export type Place =
  | { page: "changes" }
  | { page: "object"; object: ObjectName }
  | { page: "quarantines" }
  | { page: "quarantine"; cluster: string; namespace: string; pod: string }
  | { page: "status" }
  | { page: "unknown" };

export function placeOf(path: string): Place {
  const [first = "", ...rest] = path.split("/").slice(1).map(decoded);
  if (first === "" && rest.length === 0) return { page: "changes" };
  if (first === "objects" && rest.length === 5) {
    const [cluster = "", group = "", resource = "", namespace = "", name = ""] = rest;
    return {
      page: "object",
      object: {
        cluster,
        group: group === "core" ? "" : group,
        resource,
        namespace: namespace === "_" ? "" : namespace,
        name,
      },
    };
  }
  if (first === "quarantine" && rest.length === 0) return { page: "quarantines" };
  if (first === "quarantine" && rest.length === 3) {
    const [cluster = "", namespace = "", pod = ""] = rest;
    return { page: "quarantine", cluster, namespace, pod };
  }
  if (first === "status" && rest.length === 0) return { page: "status" };
  return { page: "unknown" };
}

/** The five parts of an object's path, here and in the API. */
export function objectPath({ cluster, group, resource, namespace, name }: ObjectName): string {
  return `objects/${[cluster, group || "core", resource, namespace || "_", name].map(encodeURIComponent).join("/")}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
