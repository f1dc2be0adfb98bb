// Who set each line of an object's YAML.
import { isMap as isYamlMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from "yaml";
import type { Json } from "../diff/noise";
import { stepsOf, type Steps } from "./fieldPath";

export interface Owned<Owner> {
  path: string;
  owner: Owner;
}

export interface OwnedLine<Owner> {
  text: string;
  owner: Owner | null;
}

/** Every line of the text, with the owner of the field that begins on it or that it goes on with. */
export function lineOwners<Owner>(text: string, object: Json, fields: readonly Owned<Owner>[]): OwnedLine<Owner>[] {
  const owners = new Map<string, Owner>();
  for (const { path, owner } of fields) {
    const steps = stepsOf(path, object);
    if (steps !== null) owners.set(JSON.stringify(steps), owner);
  }
  const places = fieldsByLine(text);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  let last: Steps | null = null;
  return lines.map((line, index) => {
    last = places.get(index) ?? last;
    return { text: line, owner: last === null ? null : nearestOwner(owners, last) };
  });
}

/** A list without merge keys is one field: its elements belong to whoever set the list. */
function nearestOwner<Owner>(owners: ReadonlyMap<string, Owner>, steps: Steps): Owner | null {
  for (let length = steps.length; length > 0; length -= 1) {
    const owner = owners.get(JSON.stringify(steps.slice(0, length)));
    if (owner !== undefined) return owner;
  }
  return null;
}

/** For every line on which a field begins the innermost one. */
function fieldsByLine(text: string): ReadonlyMap<number, Steps> {
  const counter = new LineCounter();
  const places = new Map<number, Steps>();
  const lineOf = (node: Node) => counter.linePos(node.range?.[0] ?? 0).line - 1;
  const walk = (node: unknown, steps: Steps) => {
    if (isYamlMap(node)) {
      for (const { key, value } of node.items) {
        if (!isScalar(key)) continue;
        const own = [...steps, String(key.value)];
        places.set(lineOf(key), own);
        walk(value, own);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        const own = [...steps, index];
        if (isScalar(item)) places.set(lineOf(item), own);
        walk(item, own);
      });
    }
  };
  walk(parseDocument(text, { lineCounter: counter }).contents, []);
  return places;
}
