// 50,000 events on screen have to move as smoothly as a few.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pageHarness } from "./harness";
import { boxOf } from "./lanesCanvas";
import { searchable } from "./searchable";
import { sendMany } from "./sendMany";

// So high that all lanes are on screen at once.
const harness = pageHarness({ width: 1280, height: 2700 });
const events = 50_000;
const lanes = 50;
const moveMs = 2_000;
/**
 * Of twenty frames at most one may take longer. The budget is 33 ms (docs/benchmarks.md); a machine that is busy with the 50,000 events
 * too gets three times as much, and what this is to find, a picture that takes as long as its events are many, took a second.
 */
const longestMs = 100;

test("zooming and panning over 50,000 events goes smoothly", { timeout: 240_000 }, async () => {
  await sendMany(harness.program().ingest, lanes, events / lanes);
  await expect
    .poll(async () => searchable(harness.program().api, "cluster:constructed"), { timeout: 120_000, interval: 500 })
    .toBe(events);
  const page = await harness.visit(
    "/?q=cluster:constructed&from=2026-11-20T08:00:00Z&to=2026-11-20T08:16:41Z&view=lanes",
  );
  await page.getByText(/^50 of 50 lanes/).waitFor();
  expect(await page.getByText("only the newest of them are drawn").count()).toBe(0);
  const box = await boxOf(page);

  // The quietest of three: whatever else the machine does in between is no matter of the page.
  const rounds: Moved[] = [];
  for (let round = 0; round < 3; round += 1) rounds.push(await moved(page, box));
  rounds.sort((one, other) => one.p95 - other.p95);
  const [best] = rounds;
  for (const { frames, p95, longest } of rounds) {
    console.log(`${String(frames)} frames, p95 ${p95.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`);
  }
  expect(best?.fewest).toBeGreaterThan(0.8);
  // A picture that stands still is no measure.
  expect(best?.moves).toBeGreaterThan((best?.frames ?? Infinity) / 3);
  expect(best?.p95).toBeLessThan(longestMs);
});

interface Moved {
  frames: number;
  /** How often the picture was another one than before. */
  moves: number;
  /** The least share of the time that was in sight. */
  fewest: number;
  p95: number;
  longest: number;
}

/** Zooms and pans for a while, once a frame. */
async function moved(page: Page, box: { x: number; y: number; width: number }): Promise<Moved> {
  const { frames, moves, fewest } = await page.evaluate(
    ({ left, top, width, during }) =>
      new Promise<{ frames: number[]; moves: number; fewest: number }>((resolve) => {
        const canvas = document.querySelector<HTMLElement>(".lanes canvas");
        const whole = Number(canvas?.dataset.end) - Number(canvas?.dataset.begin);
        const taken: number[] = [];
        let moves = 0;
        let place: string | undefined;
        const start = performance.now();
        let before = start;
        let fewest = 1;
        const frame = (now: number) => {
          taken.push(now - before);
          before = now;
          if (canvas?.dataset.end !== place) moves += 1;
          place = canvas?.dataset.end;
          if (now - start > during) {
            resolve({ frames: taken.slice(1), moves, fewest });
            return;
          }
          // In and out again by a tenth, and sideways: nearly all events stay in sight all the time.
          const length = Number(canvas?.dataset.end) - Number(canvas?.dataset.begin);
          const zooms = taken.length % 3 !== 0;
          canvas?.dispatchEvent(
            new WheelEvent("wheel", {
              bubbles: true,
              cancelable: true,
              shiftKey: zooms,
              deltaX: zooms ? 0 : 10,
              deltaY: zooms ? (length > 0.95 * whole ? -30 : 20) : 0,
              clientX: left + width / 3,
              clientY: top + 80,
            }),
          );
          fewest = Math.min(fewest, length / whole);
          requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
    { left: box.x, top: box.y, width: box.width, during: moveMs },
  );
  frames.sort((one, other) => one - other);
  const p95 = frames[Math.floor(frames.length * 0.95)] ?? Infinity;
  return { frames: frames.length, moves, fewest, p95, longest: frames.at(-1) ?? Infinity };
}
