import { expect, test } from "vitest";
import type { Cause } from "../api/model";
import { merged } from "./merge";
import { eventOf, isHumanChange, nearestRow, nestUnderCause, rowsOf, type Row } from "./rows";
import { sampleEvent } from "./sampleEvent";

const alice = sampleEvent("aaaaaaaa11", "2026-11-23T16:24:49.802000Z");
const replicaSet = sampleEvent("bbbbbbbb11", "2026-11-23T16:24:49.915000Z");
const pod = sampleEvent("cccccccc11", "2026-11-23T16:24:49.942000Z");

function cause(event_id: string, guess = false): Cause {
  return { event_id, time: alice.time, actor: null, summary: "", sign: guess ? "time" : "generation", guess };
}

const effects = [
  { event: pod, because: [cause(replicaSet.id, true), cause(alice.id)] },
  { event: replicaSet, because: [cause(alice.id)] },
];

test("events are grouped by the day of the zone", () => {
  // 23:30 in UTC is the next day in Berlin.
  const events = [
    sampleEvent("a1", "2026-11-24T08:00:00.000000Z"),
    sampleEvent("a2", "2026-11-23T23:30:00.000000Z"),
    sampleEvent("a3", "2026-11-23T12:00:00.000000Z"),
  ];
  const days = (zone: "utc" | "local") =>
    rowsOf(events, [], new Set(), zone).flatMap((row) => (row.kind === "day" ? [[row.key, row.events]] : []));
  expect(days("utc")).toEqual([
    ["2026-11-24", 1],
    ["2026-11-23", 2],
  ]);
  expect(days("local")).toEqual([
    ["2026-11-24", 2],
    ["2026-11-23", 1],
  ]);
});

test("a day that goes on on the next page does not pretend to be whole", () => {
  const events = [sampleEvent("a1", "2026-11-24T08:00:00.000000Z"), sampleEvent("a2", "2026-11-23T08:00:00.000000Z")];
  const open = (more: boolean) =>
    rowsOf(events, [], new Set(), "utc", more).flatMap((row) => (row.kind === "day" ? [row.open] : []));
  expect(open(true)).toEqual([false, true]);
  expect(open(false)).toEqual([false, false]);
});

test("effects nest under whoever began, in the order of their time", () => {
  expect(nestUnderCause([alice], effects).get(alice.id)).toEqual([
    { event: replicaSet, depth: 0, guess: false },
    { event: pod, depth: 1, guess: true },
  ]);
});

test("where who began is not shown, effects nest under the nearest that is", () => {
  expect([...nestUnderCause([replicaSet], effects).keys()]).toEqual([replicaSet.id]);
});

test("nested effects are counted, and shown once: under their cause when it is unfolded", () => {
  const keys = (rows: Row[]) => rows.map(({ kind, key }) => `${kind} ${key}`);
  const events = merged([], [alice, pod]);
  expect(keys(rowsOf(events, effects, new Set(), "utc"))).toEqual(["day 2026-11-23", `event ${alice.id}`]);
  expect(keys(rowsOf(events, effects, new Set(["aaaaaaaa"]), "utc"))).toEqual([
    "day 2026-11-23",
    `event ${alice.id}`,
    `effect ${replicaSet.id}`,
    `effect ${pod.id}`,
  ]);
});

test("a later stage of an event replaces it", () => {
  const completed = { ...alice, summary: "completed" };
  expect(merged([alice, pod], [completed]).map(({ summary }) => summary)).toEqual([pod.summary, "completed"]);
});

test("the next change by a person is found across days and programs", () => {
  const program = sampleEvent("p", "2026-11-23T16:00:00.000000Z", {
    actor: { ...(alice.actor ?? raise()), type: "serviceaccount" },
  });
  const older = sampleEvent("o", "2026-11-22T16:00:00.000000Z");
  const rows = rowsOf(merged([alice], [program, older]), [], new Set(), "utc");
  const found = nearestRow(rows, 1, 1, isHumanChange);
  expect(eventOf(rows[found])?.id).toBe("o");
  expect(nearestRow(rows, found, 1, isHumanChange)).toBe(-1);
});

function raise(): never {
  throw new Error("the sample has an actor");
}
