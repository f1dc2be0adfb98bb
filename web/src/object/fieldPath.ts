// Paths as change sets have them, `spec.containers[name=web].image`, and where in an object they lead.
import { isMap, type Json } from "../diff/noise";

type Segment = string | ReadonlyMap<string, string>;
/** Keys of maps and places in lists. */
export type Steps = readonly (string | number)[];

const part = /\.?(?:\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[]+))/y;

/** Null where it is no path that we know. */
export function segmentsOf(path: string): Segment[] | null {
  const segments: Segment[] = [];
  part.lastIndex = 0;
  while (part.lastIndex < path.length) {
    const match = part.exec(path);
    if (match === null) return null;
    const [, quoted, bracketed, plain] = match;
    if (quoted !== undefined) segments.push(quoted.replace(/\\(.)/g, "$1"));
    else if (plain !== undefined) segments.push(plain);
    else segments.push(keysOf(bracketed ?? ""));
  }
  return segments;
}

/** Where the path leads in this object; null where it leads nowhere. */
export function stepsOf(path: string, object: Json): Steps | null {
  const segments = segmentsOf(path);
  if (segments === null) return null;
  const steps: (string | number)[] = [];
  let here = object;
  for (const segment of segments) {
    if (typeof segment === "string") {
      if (!isMap(here) || !Object.hasOwn(here, segment)) return null;
      steps.push(segment);
      here = here[segment];
    } else {
      if (!Array.isArray(here)) return null;
      const index = placeOf(segment, here);
      if (index < 0) return null;
      steps.push(index);
      here = here[index];
    }
  }
  return steps;
}

function keysOf(text: string): ReadonlyMap<string, string> {
  // Values may hold commas; a comma begins the next key only where an equals sign follows.
  const keys = text.split(/,(?=[^,=]+=)/).map((pair): [string, string] => {
    const equals = pair.indexOf("=");
    return equals < 0 ? ["", pair] : [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return new Map(keys);
}

function placeOf(keys: ReadonlyMap<string, string>, list: readonly Json[]): number {
  const index = keys.get("");
  if (index !== undefined && /^\d+$/.test(index)) return Number(index) < list.length ? Number(index) : -1;
  return list.findIndex(
    (element) => isMap(element) && [...keys].every(([key, value]) => textOf(element[key]) === value),
  );
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
