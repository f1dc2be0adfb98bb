import { expect, test } from "vitest";
import { readTypedTime } from "./typedTime";

const now = new Date("2026-11-28T10:00:00Z");

test("a time without a zone is of the zone that is shown", () => {
  expect(readTypedTime("2026-11-23 17:11", "utc", now)).toBe("2026-11-23T17:11:00.000Z");
  expect(readTypedTime("2026-11-23 17:11", "local", now)).toBe("2026-11-23T16:11:00.000Z");
  expect(readTypedTime("2026-11-23", "local", now)).toBe("2026-11-22T23:00:00.000Z");
  expect(readTypedTime("0001-01-01", "utc", now)).toBe("0001-01-01T00:00:00.000Z");
});

test("a time is of whatever zone is shown, on both sides of a change of its clocks", () => {
  const check = (typed: string, expected: string) => {
    expect(readTypedTime(typed, "America/New_York", now)).toBe(expected);
  };
  check("2026-11-23 17:11", "2026-11-23T22:11:00.000Z");
  check("2026-03-08 01:59", "2026-03-08T06:59:00.000Z");
  // An hour that there was not.
  check("2026-03-08 02:30", "2026-03-08T07:30:00.000Z");
  check("2026-03-08 03:00", "2026-03-08T07:00:00.000Z");
  check("2026-11-01 03:00", "2026-11-01T08:00:00.000Z");
  check("2026-11-01 00:30", "2026-11-01T04:30:00.000Z");
  expect(readTypedTime("today", "Pacific/Auckland", new Date("2026-11-28T12:00:00Z"))).toBe("2026-11-28T11:00:00.000Z");
});

test("a clock time is of today, unless it says otherwise", () => {
  expect(readTypedTime("14:05", "utc", now)).toBe("2026-11-28T14:05:00.000Z");
  expect(readTypedTime("yesterday 14:05:30", "utc", now)).toBe("2026-11-27T14:05:30.000Z");
  expect(readTypedTime("today", "local", now)).toBe("2026-11-27T23:00:00.000Z");
});

test("a time with an offset means that instant", () => {
  expect(readTypedTime("2026-11-23T17:11:23.5+01:00", "utc", now)).toBe("2026-11-23T16:11:23.500Z");
});

test("what is relative is left to the server", () => {
  expect(readTypedTime("now-90m", "utc", now)).toBe("now-90m");
  expect(readTypedTime("-2h", "utc", now)).toBe("-2h");
});

test.each(["", "soon", "25:00", "12:61", "2026-11", "5"])("%j is no time", (text) => {
  expect(readTypedTime(text, "utc", now)).toBeNull();
});
