import { expect, test } from "vitest";
import { laneId } from "./laneId";
import { nearest, neighbours } from "./nearest";
import { sampleLane } from "./sampleLane";
import { inKnownOrder, sceneOf, toneOf } from "./scene";
import { treeOf } from "./tree";

const all = { begin: 0, end: 60_000 };

function only(events: Parameters<typeof sampleLane>[1]) {
  const [made] = sceneOf(treeOf([sampleLane("web", events)]), "object", all);
  if (made === undefined) throw new Error("no lane");
  return made;
}

test("a bar lasts from the first write to the deletion", () => {
  expect(only([{ change: "create" }, {}, { change: "delete" }]).bars).toEqual([
    { begin: 1_000, end: 3_000, unsure: false },
  ]);
});

test("a state of which more is known than of the one before begins another bar", () => {
  expect(only([{ change: "create" }, {}, { confidence: "patch" }, { confidence: "unknown" }, {}]).bars).toEqual([
    { begin: 1_000, end: 3_000, unsure: false },
    { begin: 3_000, end: 5_000, unsure: true },
    { begin: 5_000, end: 60_000, unsure: false },
  ]);
});

test("a bar ends when the object went, also where the question finds no deletion", () => {
  const lane = {
    ...sampleLane("web", [{ change: "create" }, {}]),
    turns: [turn(1, true), turn(4, false), turn(6, true)],
  };
  expect(sceneOf(treeOf([lane]), "object", all)[0]?.bars).toEqual([
    { begin: 1_000, end: 4_000, unsure: false },
    { begin: 6_000, end: 60_000, unsure: false },
  ]);
});

test("a deletion that was asked for ends a bar when the object is gone", () => {
  const lane = {
    ...sampleLane("web", [{ change: "create" }, { change: "delete" }]),
    turns: [turn(1, true), turn(5, false)],
  };
  expect(sceneOf(treeOf([lane]), "object", all)[0]?.bars).toEqual([{ begin: 1_000, end: 5_000, unsure: false }]);
});

test("a state from before the first write that was seen is unsure", () => {
  expect(only([{}]).bars).toEqual([
    { begin: 0, end: 1_000, unsure: true },
    { begin: 1_000, end: 60_000, unsure: false },
  ]);
});

test("what was refused or only read leaves the state as it was", () => {
  expect(only([{ change: "create" }, { result: "denied", change: "update" }, { change: "none" }]).bars).toEqual([
    { begin: 1_000, end: 60_000, unsure: false },
  ]);
});

test("only objects have states", () => {
  expect(sceneOf(treeOf([sampleLane("web", [{}])]), "actor", all)[0]?.bars).toEqual([]);
});

test("a refusal is marked as one, whatever was asked for", () => {
  const [event] = sampleLane("web", [{ result: "denied", change: "delete" }]).events;
  expect(event && toneOf(event)).toBe("refused");
});

test("lanes stay where they were, and new ones come last", () => {
  const lanes = ["a", "b", "c"].map((name) => sampleLane(name, []));
  const known = [...lanes].reverse().slice(0, 2).map(laneId);
  expect(inKnownOrder(known, lanes).map(({ label }) => label)).toEqual(["pods shop/c", "pods shop/b", "pods shop/a"]);
});

test("the cursor finds the nearest event within its reach", () => {
  const lane = only([{}, {}, {}]);
  expect(nearest(lane, 2_400, 500)?.id).toBe(lane.lane.events[1]?.id);
  expect(nearest(lane, 2_600, 500)?.id).toBe(lane.lane.events[2]?.id);
  expect(nearest(lane, 9_000, 500)).toBeNull();
});

test("the neighbours of a moment are the seven next to it", () => {
  const lane = only(Array.from({ length: 20 }, () => ({})));
  expect(neighbours(lane, 10_000).map(({ time }) => Date.parse(time) / 1_000)).toEqual([7, 8, 9, 10, 11, 12, 13]);
  expect(neighbours(lane, 0)).toHaveLength(7);
});

function turn(second: number, begins: boolean): { time: string; begins: boolean } {
  return { time: new Date(second * 1_000).toISOString(), begins };
}
