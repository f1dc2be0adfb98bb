import { expect, test } from "vitest";
import type { ObjectVersion } from "../api/model";
import { sampleEvent } from "../list/sampleEvent";
import { chosenPair } from "./chosenPair";

const versions: ObjectVersion[] = [8, 5, 1].map((n) => ({
  n,
  uid: "",
  resource_version: "",
  unseen_before: false,
  event: sampleEvent(String(n), "2026-11-23T16:11:12.000000Z"),
}));

function numbers(before: number | null, after: number | null) {
  const pair = chosenPair(versions, before, after);
  return pair && [pair.before?.n ?? null, pair.after.n];
}

test("a version is compared with the one before it in the list", () => {
  expect(numbers(null, null)).toEqual([5, 8]);
  expect(numbers(null, 5)).toEqual([1, 5]);
});

test("before the first version there was nothing", () => {
  expect(numbers(null, 1)).toEqual([null, 1]);
  expect(numbers(0, 8)).toEqual([null, 8]);
});

test("any two can be compared, and a version that is not there with none", () => {
  expect(numbers(1, 8)).toEqual([1, 8]);
  expect(numbers(null, 77)).toBeNull();
});
