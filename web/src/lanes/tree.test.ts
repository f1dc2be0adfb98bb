import { expect, test } from "vitest";
import type { Lane, LaneObject } from "../api/model";
import { sampleLane } from "./sampleLane";
import { treeOf } from "./tree";

function lane(name: string, ...owners: string[]): Lane {
  return { ...sampleLane(name, []), owners: owners.map(owner) };
}

function owner(name: string): LaneObject {
  const { key, label, query } = sampleLane(name, []);
  if ("field" in key) throw new Error("a sample is an object");
  return { object: key, label, query };
}

function check(lanes: readonly Lane[], expected: readonly string[]): void {
  const drawn = treeOf(lanes).map(({ lane: { label }, depth }) => "  ".repeat(depth) + label.replace("pods shop/", ""));
  expect(drawn).toEqual(expected);
}

test("a lane stands under what controls it, however far apart they were", () => {
  check(
    [lane("pod-1", "set", "deployment"), lane("other"), lane("deployment"), lane("set", "deployment")],
    ["deployment", "  set", "    pod-1", "other"],
  );
});

test("what nothing happened to is there only where it joins others", () => {
  check([lane("pod-1", "set", "deployment")], ["pod-1"]);
  check([lane("pod-1", "set", "deployment"), lane("deployment")], ["deployment", "  pod-1"]);
  check([lane("pod-1", "set"), lane("other"), lane("pod-2", "set")], ["set", "  pod-1", "  pod-2", "other"]);
});

test("owners that go round in a circle lose no lane", () => {
  check([lane("one", "two"), lane("two", "one"), lane("own", "own")], ["two", "  one", "own"]);
});
