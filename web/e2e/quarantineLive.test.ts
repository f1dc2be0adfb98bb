// Quarantines as they come, and those of one cluster.
import { expect, test } from "vitest";
import type { StoryBody } from "../src/api/model";
import { pageHarness } from "./harness";
import { sendLabel } from "./sendLabel";

// So low that the list has to be scrolled.
const harness = pageHarness({ width: 1000, height: 200 });

test("a pod that is put under quarantine appears by itself; scroll and focus stay", async () => {
  const page = await harness.visit("/quarantine");
  await page.getByText("No pod is under quarantine now.").waitFor();
  // With one cluster there is nothing to choose.
  expect(await page.getByRole("combobox", { name: "Cluster" }).count()).toBe(0);
  const link = page.getByRole("link", { name: "default/attacker" });
  await link.focus();
  const scroller = page.locator(".quarantines .page");
  await scroller.evaluate((element) => {
    element.scrollTop = 60;
  });
  await sendLabel(harness.program().ingest, "demo", "fresh");
  await page.getByText("1 under quarantine now.").waitFor({ timeout: 30_000 });
  await page.getByRole("link", { name: "shop/fresh" }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("default/attacker");
  expect(await scroller.evaluate((element) => element.scrollTop)).toBeGreaterThan(50);
});

test("a story goes on by itself, and what was opened in it stays open", async () => {
  await sendLabel(harness.program().ingest, "demo", "told");
  const answer = async () => (await fetch(new URL("/api/v1/quarantine", harness.program().api))).text();
  await expect.poll(answer, { timeout: 20_000 }).toContain('"told"');
  const page = await harness.visit("/quarantine/demo/shop/told");
  await page.getByText("Release it").click();
  await page.getByText("taffrail quarantine release told -n shop", { exact: true }).waitFor();
  const rows = page.locator(".story-rows li");
  const before = await rows.count();
  await sendLabel(harness.program().ingest, "demo", "told");
  await expect.poll(() => rows.count(), { timeout: 30_000 }).toBeGreaterThan(before);
  expect(await page.locator("details.release").getAttribute("open")).not.toBeNull();
});

test("rows that were asked for stay when the story is asked for again", async () => {
  const page = await harness.visit("/quarantine");
  let asked = 0;
  await page.route("**/api/v1/quarantine/demo/default/attacker?*", async (route) => {
    const url = new URL(route.request().url());
    const cursor = url.searchParams.get("cursor");
    if (cursor === null) asked += 1;
    url.searchParams.delete("cursor");
    const answer = await route.fetch({ url: url.href });
    const body = (await answer.json()) as StoryBody;
    const events = cursor === null ? body.events.slice(0, 3) : body.events.slice(3);
    await route.fulfill({ response: answer, json: { ...body, events, next: cursor === null ? "3" : null } });
  });
  await page.getByRole("link", { name: "default/attacker" }).click();
  const rows = page.locator(".story-rows li");
  await rows.nth(2).waitFor();
  expect(await rows.count()).toBe(3);
  await page.getByRole("button", { name: /^Show more of/ }).click();
  await expect.poll(() => rows.count()).toBeGreaterThan(3);
  const all = await rows.count();
  const before = asked;
  await expect.poll(() => asked, { timeout: 30_000 }).toBeGreaterThan(before);
  await page.waitForTimeout(500);
  expect(await rows.count()).toBe(all);
});

test("where there are several clusters, the list can be that of one, and the address says so", async () => {
  await sendLabel(harness.program().ingest, "other", "elsewhere");
  const answer = async () => (await fetch(new URL("/api/v1/quarantine", harness.program().api))).text();
  await expect.poll(answer, { timeout: 20_000 }).toContain('"elsewhere"');
  const page = await harness.visit("/quarantine?zone=utc");
  await page.getByRole("link", { name: "default/attacker" }).waitFor();
  const picker = page.getByRole("combobox", { name: "Cluster" });
  expect(await picker.getByRole("option").allInnerTexts()).toEqual(["All clusters", "demo", "other"]);
  await picker.selectOption("other");
  await page.waitForURL((address) => address.search === "?zone=utc&cluster=other");
  await page.getByRole("link", { name: "default/attacker" }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "shop/elsewhere" }).waitFor();
  await page.reload();
  await page.getByRole("link", { name: "shop/elsewhere" }).waitFor();
  expect(await page.getByRole("row").count()).toBe(2);
  await page.goBack();
  await page.getByRole("link", { name: "default/attacker" }).waitFor();
});
