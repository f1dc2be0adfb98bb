import { expect, test } from "vitest";
import { clockTime, dayTitle, fullTime, zoneName } from "./zone";

// These tests run in Europe/Berlin.
test("a time has the day of its zone", () => {
  const late = "2026-11-23T23:30:00.123456Z";
  expect(clockTime(late, "utc")).toEqual({ day: "2026-11-23", clock: "23:30:00", fraction: ".123" });
  expect(clockTime(late, "local")).toEqual({ day: "2026-11-24", clock: "00:30:00", fraction: ".123" });
  expect(dayTitle(late, "utc")).toContain("23 November 2026");
  expect(dayTitle(late, "local")).toContain("24 November 2026");
});

test("daylight saving is that of the date, not of today", () => {
  expect(fullTime("2026-07-01T12:00:00.000000Z", "local")).toBe("2026-07-01 14:00:00.000");
  expect(fullTime("2026-12-01T12:00:00.000000Z", "local")).toBe("2026-12-01 13:00:00.000");
});

test("zones have names", () => {
  expect(zoneName("utc")).toBe("UTC");
  expect(zoneName("local")).toBe("Europe/Berlin");
});
