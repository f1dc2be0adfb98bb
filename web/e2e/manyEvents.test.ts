// 50,000 events on screen have to move as smoothly as a few.
import { expect, test } from "vitest";
import { pageHarness } from "./harness";
import { sendMany } from "./sendMany";

// So high that all lanes are on screen at once.
const harness = pageHarness({ width: 1280, height: 2600 });
const events = 50_000;
const lanes = 50;
const moveMs = 2_000;
/** Of twenty frames at most one may take longer: 30 frames a second. */
const longestMs = 33;

test("zooming and panning over 50,000 events takes less than 33 ms a frame", { timeout: 240_000 }, async () => {
  await sendMany(harness.program().ingest, lanes, events / lanes);
  await expect.poll(async () => countOf(harness.program().api), { timeout: 120_000, interval: 500 }).toBe(events);
  const page = await harness.visit(
    "/?q=cluster:constructed&from=2026-11-20T08:00:00Z&to=2026-11-20T08:16:41Z&view=lanes",
  );
  await page.getByText(/^50 of 50 lanes/).waitFor();
  expect(await page.getByText("only the newest of them are drawn").count()).toBe(0);
  const box = await page.locator(".lanes canvas").boundingBox();
  if (box === null) throw new Error("no canvas");

  const { frames, places, fewest } = await page.evaluate(
    ({ left, top, width, during }) =>
      new Promise<{ frames: number[]; places: number; fewest: number }>((resolve) => {
        const canvas = document.querySelector<HTMLElement>(".lanes canvas");
        const whole = Number(canvas?.dataset.end) - Number(canvas?.dataset.begin);
        const taken: number[] = [];
        const seen = new Set<string | undefined>();
        const start = performance.now();
        let before = start;
        let fewest = 1;
        const frame = (now: number) => {
          taken.push(now - before);
          before = now;
          seen.add(canvas?.dataset.begin);
          if (now - start > during) {
            resolve({ frames: taken.slice(1), places: seen.size, fewest });
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
  const sorted = [...frames].sort((one, other) => one - other);
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? Infinity;
  console.log(
    `${String(frames.length)} frames, p95 ${p95.toFixed(1)} ms, longest ${(sorted.at(-1) ?? 0).toFixed(1)} ms`,
  );
  expect(fewest).toBeGreaterThan(0.8);
  // A picture that stands still is no measure.
  expect(places).toBeGreaterThan(frames.length / 3);
  expect(p95).toBeLessThan(longestMs);
});

async function countOf(api: URL): Promise<number> {
  const answer = await fetch(new URL("/api/v1/events?q=cluster:constructed&limit=1", api));
  return ((await answer.json()) as { total: { value: number } }).total.value;
}
