import { expect, test } from "vitest";
import type { FieldChange, ObjectVersion } from "../api/model";
import { sampleEvent } from "../list/sampleEvent";
import { blameAt } from "./blameAt";

function version(n: number, type: "create" | "update", fields: FieldChange[]): ObjectVersion {
  const change = {
    type,
    confidence: "exact",
    fields_total: fields.length,
    fields,
    members: [],
    unseen_before: false,
  } as const;
  const event = sampleEvent(`event-${n}`, `2026-11-23T16:11:1${n}.000000Z`, {
    change: { ...change, fields, members: [] },
  });
  return { n, uid: "", resource_version: "", unseen_before: false, event };
}

const versions = [
  version(3, "update", [{ path: "spec.paused", op: "remove", before: true, after: null }]),
  version(2, "update", [{ path: "spec.replicas", op: "replace", before: 3, after: 5 }]),
  version(1, "create", [
    { path: "spec.replicas", op: "add", before: null, after: 3 },
    { path: "spec.paused", op: "add", before: null, after: true },
  ]),
];

function events(n: number) {
  return Object.fromEntries(blameAt(versions, n).map(({ path, owner }) => [path, owner.event]));
}

test("a field is whoever's set it last up to then", () => {
  expect(events(1)).toEqual({ "spec.replicas": "event-1", "spec.paused": "event-1" });
  expect(events(2)).toEqual({ "spec.replicas": "event-2", "spec.paused": "event-1" });
});

test("a field that was removed is nobody's", () => {
  expect(events(3)).toEqual({ "spec.replicas": "event-2" });
});
