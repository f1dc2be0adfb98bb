// Is my pipe working? What the page of the status answers, and when it asks.
import { execFileSync } from "node:child_process";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { StatusBody } from "../src/api/model";
import { pageHarness } from "./harness";
import { sendEvent } from "./sendEvent";

const harness = pageHarness();

test("the top bar leads to the status, and what comes in shows by itself", async () => {
  const page = await harness.visit("/");
  await page.getByRole("link", { name: "Status", exact: true }).click();
  await page.getByText("nothing comes in by itself: all that is here was imported").waitFor();
  const sources = page.getByRole("region", { name: "Sources" });
  await sources.getByRole("row", { name: /import:scenario\.jsonl\.gz demo .* 5,965/ }).waitFor();
  await sendEvent(harness.program().ingest, "seen-in-the-status");
  await page.getByText(/All is well: records last came in \d+s ago/).waitFor({ timeout: 20_000 });
  const first = await sources.getByRole("row").nth(1).innerText();
  expect(first).toMatch(/^webhook:127\.0\.0\.1\s+demo\s+\d+s ago\s+.*<1s\s+1\s/s);
  await page.getByRole("region", { name: "Clusters" }).getByRole("link", { name: "demo" }).click();
  await page.waitForURL((address) => address.pathname === "/" && address.searchParams.get("cluster") === "demo");
});

test("what cannot be decoded is shown with its reason", async () => {
  const page = await harness.visit("/status");
  await page.getByText("None: everything that came in could be decoded.").waitFor();
  const sent = await fetch(new URL("/v1/audit/demo", harness.program().ingest), {
    method: "POST",
    body: "this is \u202eno JSON\n",
  });
  expect(sent.status).toBe(200);
  const letters = page.getByRole("region", { name: "Dead letters" });
  await letters.getByText("not JSON").click({ timeout: 20_000 });
  await letters.getByText("this is \\u{202e}no JSON").waitFor();
  await page.getByText("advice", { exact: true }).waitFor();
  await page.getByText("1 record could not be decoded", { exact: true }).waitFor();
});

test("what is wrong comes first, and is marked on every page", async () => {
  const page = await harness.visit("/quarantine");
  await pretend(page, (status) => {
    const [source] = status.sources;
    if (source === undefined) throw new Error("there is no source");
    status.sources.push({
      ...source,
      source: "webhook:10.0.0.2",
      via: "webhook",
      last_received: new Date(Date.now() - 600_000).toISOString(),
      silent_since: new Date(Date.now() - 600_000).toISOString(),
    });
    status.disk.free_bytes = 1024 ** 3;
    status.coverage.gaps = [gap];
    status.notify = [target];
  });
  await page.reload();
  await page.getByRole("link", { name: "Status (4 problems)" }).click();
  await page.getByText(/Something is wrong: webhook:10\.0\.0\.2 of demo has been silent since/).waitFor();
  await page.getByText("And 3 more problems.").waitFor();
  await page.getByText("1.0 GiB of disk are left").waitFor();
  const row = page.getByRole("region", { name: "Sources" }).getByRole("row").nth(1);
  expect(await row.innerText()).toContain("10m");
  expect(await row.innerText()).toContain("silent");
  await page.getByRole("region", { name: "Gaps" }).getByText("the disk was full").waitFor();
  await page
    .getByRole("region", { name: "Notifications" })
    .getByText(/answered 500/)
    .waitFor();
});

test("where nothing was ever sent, it says how; the line that it gives sends an event", async () => {
  const page = await harness.visit("/quarantine");
  await pretend(page, (status) => {
    // What the program records of its own readers is no event that somebody sent.
    status.sources = status.sources.filter(({ cluster }) => cluster === "taffrail");
    status.clusters = status.clusters.filter(({ name }) => name === "taffrail");
    status.levels = [];
  });
  await page.getByRole("link", { name: /^Status/ }).click();
  await page.getByText("Nothing has ever come in.").waitFor();
  await page.getByText("taffrail setup PLATFORM --cluster NAME").first().waitFor();
  await page.getByRole("button", { name: "Copy the line" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  execFileSync("sh", ["-c", line]);
  await page.unroute("**/api/v1/status");
  await page
    .getByRole("region", { name: "Clusters" })
    .getByRole("link", { name: "test", exact: true })
    .waitFor({ timeout: 20_000 });
});

test("it is asked while somebody looks, and not when nobody does", async () => {
  const page = await harness.visit("/status");
  await page.getByRole("region", { name: "Sources" }).waitFor();
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/api/v1/status")) asked += 1;
  });
  await expect.poll(() => asked, { timeout: 15_000 }).toBeGreaterThan(0);
  await see(page, "hidden");
  await page.waitForTimeout(500);
  const before = asked;
  await page.waitForTimeout(7_000);
  expect(asked).toBe(before);
  await see(page, "visible");
  await expect.poll(() => asked, { timeout: 2_000 }).toBeGreaterThan(before);
});

test("a server that is gone does not take what came last off the screen", async () => {
  harness.allow(/ERR_FAILED/);
  const page = await harness.visit("/status");
  await page.getByRole("region", { name: "Sources" }).waitFor();
  await page.route("**/api/v1/status", (route) => route.abort());
  await page.getByText("Taffrail does not answer.").waitFor({ timeout: 15_000 });
  expect(await page.getByRole("region", { name: "Sources" }).count()).toBe(1);
  await page.unroute("**/api/v1/status");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Taffrail does not answer.").waitFor({ state: "detached" });
});

/** The program's own answer, and in it what cannot be brought about in a test. */
async function pretend(page: Page, change: (status: StatusBody) => void): Promise<void> {
  await page.route("**/api/v1/status", async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as StatusBody;
    change(body);
    await route.fulfill({ response: answer, json: body });
  });
}

async function see(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate((wanted) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => wanted });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

const gap = {
  cluster: "demo",
  source: "webhook",
  from: new Date(Date.now() - 7_200_000).toISOString(),
  to: new Date(Date.now() - 7_100_000).toISOString(),
  lost: null,
  reason: "the disk was full",
};
const target = {
  name: "team",
  url: "https://hooks.example.com/",
  query: "kind:finding",
  sent: 12,
  failed: 3,
  refused: 0,
  missed: 0,
  waiting: 2,
  behind: 0,
  catching_up: false,
  last_sent: null,
  last_failure: { time: new Date(Date.now() - 60_000).toISOString(), reason: "answered 500" },
  trouble: "answered 500",
};
