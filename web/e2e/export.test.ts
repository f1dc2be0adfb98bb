// What is shown, as a file on the reader's own disk.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Download, Page } from "playwright-core";
import { expect, test } from "vitest";
import { pageHarness } from "./harness";

const harness = pageHarness();

test("one click saves what the list counts, noise left out", async () => {
  const page = await harness.visit("/?from=all&q=ns:vote&show=system&cluster=demo");
  const total = await totalOf(page);
  const download = await saved(page, "CSV");
  expect(download.suggestedFilename()).toMatch(/^taffrail-beginning-to-\d{4}-\d\d-\d\dT\d{6}Z\.csv$/);
  const text = readFileSync(await download.path(), "utf8");
  expect(text).toMatch(/^id,time,kind,cluster,summary,/);
  expect(text.trimEnd().split("\r\n")).toHaveLength(total + 1);
  await page.getByText(new RegExp(`Saved ${total.toLocaleString("en")} events as taffrail-`)).waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByText(/^Saved/).waitFor({ state: "detached" });
});

test("lanes are saved as the same events, with the time in the name", async () => {
  const page = await harness.visit("/?from=2026-11-23T16:00:00Z&to=2026-11-23T17:00:00Z&q=user:alice&view=lanes");
  const total = await totalOf(page);
  const download = await saved(page, "NDJSON");
  expect(download.suggestedFilename()).toBe("taffrail-2026-11-23T160000Z-to-2026-11-23T170000Z.ndjson");
  const lines = readFileSync(await download.path(), "utf8")
    .trimEnd()
    .split("\n");
  expect(lines).toHaveLength(total);
  const events = lines.map((line) => JSON.parse(line) as { time: string; actor: { name: string } });
  expect(events.every(({ time, actor }) => time.startsWith("2026-11-23T16:") && actor.name === "alice")).toBe(true);
});

test("an export that breaks off is not handed over, and can be tried again", async () => {
  harness.allow(/ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION|ERR_EMPTY/);
  const page = await harness.visit("/?from=all&q=ns:vote");
  await totalOf(page);
  const breaking = await server(["id,time\r\n1,2\r\n", "3,4\r\n"], true);
  let downloads = 0;
  page.on("download", () => (downloads += 1));
  await page.route("**/api/v1/export?*", (route) => route.continue({ url: breaking.url }));
  await page.getByRole("button", { name: "CSV", exact: true }).click();
  await page.getByRole("alert").getByText("broke off after 2 events, and nothing was saved").waitFor();
  expect(downloads).toBe(0);
  await page.unroute("**/api/v1/export?*");
  breaking.close();
  await saved(page, "CSV");
  await page.getByText(/^Saved/).waitFor();
});

test("a long export says how far it is and can be ended", async () => {
  harness.allow(/ERR_ABORTED/);
  const page = await harness.visit("/?from=all&q=ns:vote");
  const total = await totalOf(page);
  const slow = await server(["{}\n{}\n"], false);
  await page.route("**/api/v1/export?*", (route) => route.continue({ url: slow.url }));
  await page.getByRole("button", { name: "NDJSON" }).click();
  await page.getByText(`2 of ${String(total)} events, 6 B`).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("2 of").waitFor({ state: "detached" });
  await slow.closed;
});

test("a server that has no room for another export says so in plain words", async () => {
  harness.allow(/429/);
  const page = await harness.visit("/?from=all&q=ns:vote");
  await totalOf(page);
  const problem = { type: "about:blank", title: "", status: 429, code: "too_many_queries", detail: "", request_id: "" };
  await page.route("**/api/v1/export?*", (route) => route.fulfill({ status: 429, json: problem }));
  await page.getByRole("button", { name: "CSV", exact: true }).click();
  await page.getByRole("alert").getByText("Too many questions at once.").waitFor();
});

async function totalOf(page: Page): Promise<number> {
  const total = page.locator(".coverage-total", { hasText: /\d+ events/ });
  await total.waitFor();
  return Number((await total.innerText()).replace(/\D/g, ""));
}

async function saved(page: Page, format: string): Promise<Download> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: format, exact: true }).click(),
  ]);
  return download;
}

/** Sends these pieces, and then hangs, or breaks off without the last chunk. */
async function server(
  pieces: string[],
  breaks: boolean,
): Promise<{ url: string; closed: Promise<void>; close: () => void }> {
  let ended: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (ended = resolve));
  const listening = createServer((_, answer) => {
    answer.on("close", ended);
    answer.writeHead(200, { "Content-Type": "text/plain" });
    for (const piece of pieces) answer.write(piece);
    // Later than what was written, which has to arrive.
    if (breaks) setTimeout(() => answer.destroy(), 300);
  });
  await new Promise<void>((done) => listening.listen(0, "127.0.0.1", done));
  const { port } = listening.address() as AddressInfo;
  return { url: `http://127.0.0.1:${String(port)}/`, closed, close: () => listening.close() };
}
