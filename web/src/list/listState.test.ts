import { expect, test } from "vitest";
import { listSearch, readListState, type ListState } from "./listState";

function roundTrip(state: ListState): ListState {
  return readListState(new URLSearchParams(listSearch(state).toString()));
}

const opened = readListState(new URLSearchParams());

test("the page as it opens has no parameters", () => {
  expect(listSearch(opened).toString()).toBe("");
});

test("everything on screen comes back from the address", () => {
  const state: ListState = {
    query: 'user:"Jane Doe" OR name:a+b&c=d#e',
    cluster: "prod",
    range: { from: "2026-11-23T16:00:00.000Z", to: "2026-11-23T17:00:00.000Z" },
    shown: new Set(["status", "reads"]),
    event: "97d9a3c6aaaaaaaaaaaaaaaaaaaaaaaa",
    pane: "diff",
    live: false,
    view: "lanes",
    by: "actor",
    zoom: { from: "2026-11-23T16:10:00.000Z", to: "2026-11-23T16:20:00.000Z" },
    zone: "utc",
    unfolded: new Set(["97d9a3c6"]),
  };
  expect(roundTrip(state)).toEqual(state);
});

test("a range that is open at one end stays so", () => {
  expect(roundTrip({ ...opened, range: { from: "now-1h", to: "" } }).range).toEqual({ from: "now-1h", to: "" });
  expect(readListState(new URLSearchParams("to=now-1h")).range).toEqual({ from: "all", to: "now-1h" });
});

test("what nobody knows is left out", () => {
  const state = readListState(new URLSearchParams("show=status,nonsense&pane=nonsense&zoom=2026~nonsense"));
  expect(state.shown).toEqual(new Set(["status"]));
  expect(state.pane).toBe("change");
  expect(state.zoom).toBeNull();
});
