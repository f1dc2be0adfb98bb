import { expect, test } from "vitest";
import { beginsHunk, countHunks, stepTo } from "./hunks";
import { pairLines } from "./lineDiff";

test("different lines that stand together are one change", () => {
  const pairs = pairLines("a\nb\nc\nd\ne\n", "x\nb\nc\ny\nz\n");
  expect(pairs.map((_, index) => beginsHunk(pairs, index))).toEqual([true, false, false, true, false]);
  expect(countHunks(pairs)).toBe(2);
  expect(countHunks(pairLines("a\n", "a\n"))).toBe(0);
});

test("a step goes to the next one, and not beyond the ends", () => {
  expect(stepTo(null, 1, 3)).toBe(0);
  expect(stepTo(null, -1, 3)).toBe(2);
  expect(stepTo(1, 1, 3)).toBe(2);
  expect(stepTo(2, 1, 3)).toBe(2);
  expect(stepTo(0, -1, 3)).toBe(0);
  expect(stepTo(null, 1, 0)).toBeNull();
});
