import { expect, test } from "vitest";
import { objectSearch, readObjectState, type ObjectState } from "./objectState";

test("everything on the page of an object comes back from its address", () => {
  const state: ObjectState = {
    view: "state",
    before: 0,
    after: 8,
    shape: "split",
    noise: true,
    status: true,
    at: 7,
    zone: "utc",
  };
  expect(readObjectState(new URLSearchParams(objectSearch(state).toString()))).toEqual(state);
});

test("what is no version is none", () => {
  expect(readObjectState(new URLSearchParams("before=-1&after=x")).after).toBeNull();
  expect(objectSearch(readObjectState(new URLSearchParams())).toString()).toBe("");
});
