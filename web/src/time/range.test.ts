import { expect, test } from "vitest";
import { around, hourUpTo, isOpen, rangeTitle, resolved, through } from "./range";

const now = new Date("2026-11-28T10:00:00Z");

test("a range is open as long as new events can fall into it", () => {
  expect(isOpen({ from: "now-1h", to: "" })).toBe(true);
  expect(isOpen({ from: "now-1h", to: "now" })).toBe(true);
  expect(isOpen({ from: "now-2h", to: "now-1h" })).toBe(false);
});

test("a copied link holds no relative time", () => {
  expect(resolved({ from: "now-1h", to: "" }, now)).toEqual({
    from: "2026-11-28T09:00:00.000Z",
    to: "2026-11-28T10:00:00.000Z",
  });
});

test("the hour up to an event holds the event", () => {
  const time = "2026-11-23T16:25:36.774217Z";
  const { from, to } = hourUpTo(time);
  expect(from).toBe("2026-11-23T15:26:00.000Z");
  expect(time < to.replace("Z", "000Z")).toBe(true);
});

test("around a moment lies as much before as after", () => {
  expect(around("2026-11-23T16:25:00.000000Z", 5)).toEqual({
    from: "2026-11-23T16:20:00.000Z",
    to: "2026-11-23T16:30:00.000Z",
  });
});

test("a range has a title that a person can read", () => {
  expect(rangeTitle({ from: "now-1h", to: "" }, "utc")).toBe("Last hour");
  expect(rangeTitle({ from: "2026-11-23T16:00:00Z", to: "2026-11-23T17:00:00Z" }, "utc")).toBe(
    "2026-11-23 16:00 – 17:00",
  );
  expect(rangeTitle({ from: "2026-11-23T16:00:00Z", to: "2026-11-24T17:00:00Z" }, "utc")).toBe(
    "2026-11-23 16:00 – 2026-11-24 17:00",
  );
});

test("a range through a moment ends with the next microsecond", () => {
  const check = (time: string, to: string) => {
    expect(through({ from: "now-1h", to: "" }, time)).toEqual({ from: "now-1h", to });
  };
  check("2026-11-23T16:24:54.763000Z", "2026-11-23T16:24:54.763001Z");
  check("2026-11-23T16:24:59.999999Z", "2026-11-23T16:25:00.000000Z");
  check("2026-11-23T16:24:54Z", "2026-11-23T16:24:54.000001Z");
});
