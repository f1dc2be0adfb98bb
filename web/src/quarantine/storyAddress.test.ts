import { expect, test } from "vitest";
import { placeOf } from "../shell/place";
import { readStoryState, storyPath, storySearch } from "./storyAddress";

test("a story comes back from its address", () => {
  const state = { since: "2026-11-23T16:24:54.763000Z", reach: "6h" } as const;
  const search = storySearch(state, "utc");
  expect(readStoryState(new URLSearchParams(search.toString()))).toEqual(state);
  expect(search.get("zone")).toBe("utc");
});

test("the path of a story leads to it", () => {
  expect(placeOf(storyPath("prod", "shop", "web-1"))).toEqual({
    page: "quarantine",
    cluster: "prod",
    namespace: "shop",
    pod: "web-1",
  });
});
