import type { Lane } from "../api/model";

/** Tells lanes apart, across answers too. */
export function laneId({ key }: Lane): string {
  return keyId(key);
}

export function keyId(key: Lane["key"]): string {
  return "field" in key
    ? JSON.stringify([key.field, key.value])
    : JSON.stringify([key.cluster, key.group, key.resource, key.namespace, key.name]);
}
