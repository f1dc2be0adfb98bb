// What the picture of the lanes shows, and what a mouse does on it.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { axisHeight, laneHeight } from "../src/lanes/paint";
import { pageHarness } from "./harness";
import { boxOf, seen } from "./lanesCanvas";
import { sendEvent } from "./sendEvent";

const harness = pageHarness();
const question = "/?from=all&q=ns:shop-a+resource:deployments&view=lanes";

test("a click on a mark opens its event", async () => {
  const page = await harness.visit(question);
  const { x, y, width } = await boxOf(page);
  const { begin, end } = await seen(page);
  const { row, events } = await laneOf(page, "deployment shop-a/web");
  const scaled = events.find(({ summary }) => summary.includes("from 3 to 5"));
  const share = (Date.parse(scaled?.time ?? "") - begin) / (end - begin);
  await page.mouse.click(x + share * width, y + axisHeight + (row + 0.5) * laneHeight);
  await page.getByRole("tab", { name: "What changed" }).waitFor();
  const opened = new URL(page.url()).searchParams.get("event");
  const near = events.filter(
    ({ time }) => Math.abs(Date.parse(time) - Date.parse(scaled?.time ?? "")) < 8 * ((end - begin) / width),
  );
  expect(near.map(({ id }) => id)).toContain(opened);
});

test("the axis pulls the time along, and so does a wheel on it", async () => {
  const page = await harness.visit(question);
  const { x, y, width } = await boxOf(page);
  await page.locator(".lanes canvas").focus();
  await page.keyboard.press("+");
  await page.keyboard.press("+");
  await page.waitForFunction(() => location.search.includes("zoom="));
  const before = await seen(page);
  await page.mouse.move(x + width / 2, y + axisHeight / 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 2 - 100, y + axisHeight / 2, { steps: 5 });
  await page.mouse.up();
  const moved = (100 / width) * (before.end - before.begin);
  await expect.poll(async () => Math.abs((await seen(page)).begin - before.begin - moved)).toBeLessThan(moved / 20);
  await page.mouse.wheel(0, -100);
  await expect.poll(async () => Math.abs((await seen(page)).begin - before.begin)).toBeLessThan(moved / 20);
});

test("the address holds the zoom, and the histogram frames it", async () => {
  const page = await harness.visit(question);
  await page.locator(".lanes canvas").focus();
  await page.keyboard.press("+");
  await page.locator(".histogram .zoom").waitFor();
  const zoomed = await seen(page);
  await page.reload();
  await page.locator(".histogram .zoom").waitFor();
  await expect.poll(() => seen(page)).toEqual(zoomed);
  await page.locator(".lanes canvas").focus();
  await page.keyboard.press("f");
  await page.locator(".histogram .zoom").waitFor({ state: "detached" });
  expect(page.url()).not.toContain("zoom");
});

test("what a deployment controls stands under it", async () => {
  const page = await harness.visit("/?from=all&q=ns:vote&show=system&view=lanes");
  const names = page.getByRole("list", { name: "Lanes" });
  await names.getByRole("button", { name: "deployment vote/vote" }).waitFor();
  const drawn = await names
    .getByRole("listitem")
    .evaluateAll((all) => all.map((item) => [item.getAttribute("aria-level"), item.textContent.replace(/[☺!] /g, "")]));
  const at = drawn.findIndex(([, label]) => label === "deployment vote/vote");
  expect(drawn.slice(at, at + 3)).toEqual([
    ["1", "deployment vote/vote"],
    ["2", expect.stringMatching(/^replicaset vote\/vote-/)],
    ["3", expect.stringMatching(/^pod vote\/vote-/)],
  ]);
});

test("a gap is hatched across all lanes", async () => {
  const page = await harness.visit("/quarantine");
  await page.route("**/api/v1/timeline?*", async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as {
      coverage: Record<string, unknown>;
      histogram: { from: string; to: string };
    };
    const begin = Date.parse(body.histogram.from);
    const length = Date.parse(body.histogram.to) - begin;
    const at = (share: number) => new Date(begin + share * length).toISOString();
    body.coverage.gaps = [
      { cluster: "demo", source: "webhook", from: at(0.4), to: at(0.6), lost: 12, reason: "disk full" },
    ];
    await route.fulfill({ response: answer, json: body });
  });
  await page.getByRole("link", { name: "Changes" }).click();
  await page.getByText("removed label quarantine").waitFor();
  await page.keyboard.press("t");
  await expect.poll(() => redness(page, 0.42, 0.58)).toBeGreaterThan(0.05);
  expect(await redness(page, 0.62, 0.78)).toBeLessThan(0.02);
});

test("another look draws the picture anew", async () => {
  const page = await harness.visit(question);
  await page.getByRole("list", { name: "Lanes" }).waitFor();
  const ground = () =>
    page.locator(".lanes canvas").evaluate((canvas) => {
      const [red = 0] = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(2, 2, 1, 1).data ?? [];
      return red;
    });
  await expect.poll(ground).toBeGreaterThan(200);
  await page.getByRole("button", { name: /Show light/ }).click();
  await page.getByRole("button", { name: /Show dark/ }).click();
  await expect.poll(ground).toBeLessThan(80);
});

test("a new event comes on its lane by itself", async () => {
  const page = await harness.visit("/?view=lanes&from=now-1h");
  await page.getByRole("button", { name: "Live. Pause" }).waitFor();
  await sendEvent(harness.program().ingest, "on-a-lane");
  await page.getByRole("list", { name: "Lanes" }).getByRole("button", { name: "configmap live/on-a-lane" }).waitFor();
});

interface Found {
  row: number;
  events: { id: string; time: string; summary: string }[];
}

/** Where the lane is drawn, and what the API says of it. */
async function laneOf(page: Page, label: string): Promise<Found> {
  const labels = await page.locator(".lane-names button").allInnerTexts();
  const path = "/api/v1/timeline?q=ns:shop-a+resource:deployments&per_lane=500";
  const answer = await fetch(new URL(path, harness.program().api));
  const { lanes } = (await answer.json()) as { lanes: { label: string; events: Found["events"] }[] };
  return {
    row: labels.findIndex((text) => text.endsWith(label)),
    events: lanes.find((lane) => lane.label === label)?.events ?? [],
  };
}

/** How much of the lower part of the picture is as red as a refusal, from one share of its width to another. */
function redness(page: Page, from: number, to: number): Promise<number> {
  return page.evaluate(
    ([begin, end]) => {
      const canvas = document.querySelector<HTMLCanvasElement>(".lanes canvas");
      const pixels = canvas
        ?.getContext("2d")
        ?.getImageData(begin * canvas.width, canvas.height - 60, (end - begin) * canvas.width, 50).data;
      if (pixels === undefined) return 0;
      let red = 0;
      for (let at = 0; at < pixels.length; at += 4) if ((pixels[at] ?? 0) > (pixels[at + 1] ?? 0) + 40) red += 1;
      return red / (pixels.length / 4);
    },
    [from, to] as const,
  );
}
