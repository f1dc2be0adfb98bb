import { expect, test } from "vitest";
import { panned, ticks, toPixel, toTime, zoomed } from "./stretch";

const all = { begin: 0, end: 10_000 };

test("what is under the cursor stays there while one zooms", () => {
  const seen = zoomed(all, all, 0.3, 0.5);
  expect(seen.end - seen.begin).toBe(5_000);
  expect(toPixel(seen, 3_000, 1_000)).toBeCloseTo(300);
  expect(zoomed(seen, all, 0.3, 2)).toEqual(all);
});

test("nobody zooms or pans out of the time that was asked for", () => {
  expect(zoomed(all, all, 0.5, 4)).toEqual(all);
  expect(panned({ begin: 8_000, end: 9_000 }, all, 5)).toEqual({ begin: 9_000, end: 10_000 });
  expect(panned({ begin: 1_000, end: 2_000 }, all, -5)).toEqual({ begin: 0, end: 1_000 });
  const nearest = zoomed(all, all, 0.5, 0.000001);
  expect(nearest.end - nearest.begin).toBe(50);
});

test("pixels and times lead to one another", () => {
  expect(toTime({ begin: 2_000, end: 4_000 }, 250, 1_000)).toBe(2_500);
  expect(toPixel({ begin: 2_000, end: 4_000 }, 2_500, 1_000)).toBe(250);
});

test("the axis has round moments, and not more of them than fit", () => {
  expect(ticks({ begin: 500, end: 10_500 }, 5)).toEqual([2_000, 4_000, 6_000, 8_000, 10_000]);
  expect(ticks({ begin: 0, end: 400 * 86_400_000 }, 5).length).toBeLessThanOrEqual(6);
});
