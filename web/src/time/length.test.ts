import { expect, test } from "vitest";
import { ago, lengthInWords } from "./length";

test.each([
  [0, "0s"],
  [59.9, "59s"],
  [185, "3m 5s"],
  [7_260, "2h 1m"],
  [86_400 * 4 + 3_600 * 3 + 59, "4d 3h"],
])("%d seconds are %s", (seconds, words) => {
  expect(lengthInWords(seconds)).toBe(words);
});

test("a clock that is a little ahead has no future", () => {
  const now = new Date("2026-11-23T16:00:00Z");
  expect(ago("2026-11-23T15:58:00.000000Z", now)).toBe("2m 0s ago");
  expect(ago("2026-11-23T16:00:01.500000Z", now)).toBe("0s ago");
  expect(ago("2026-11-23T16:00:05.000000Z", now)).toBe("in the future");
});
