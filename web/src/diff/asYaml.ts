import { stringify } from "yaml";
import { visibleLines } from "../text/visible";
import type { Json } from "./noise";

/** YAML with its keys in one order, so that two versions differ only in what is different. */
export function asYaml(object: Json): string {
  if (object === null || object === undefined) return "";
  return stringify(object, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}

export function shownYaml(object: Json): string {
  return visibleLines(asYaml(object));
}
