// Everything by its name: Ctrl+K.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pageHarness } from "./harness";
import { sendEvent } from "./sendEvent";

const harness = pageHarness();

test("a page by its name, with keys alone; the zone stays", async () => {
  const page = await harness.visit("/?zone=utc");
  await page.getByText("removed label quarantine").waitFor();
  await run(page, "stat");
  await page.waitForURL((address) => address.pathname === "/status" && address.search === "?zone=utc");
  await page.getByRole("heading", { name: "Status", exact: true }).waitFor();
  await run(page, "chan");
  await page.getByText("removed label quarantine").waitFor();
});

test("Ctrl+K opens while somebody types, and Ctrl+K and Escape close; the focus goes back", async () => {
  const page = await harness.visit("/");
  const search = page.getByRole("combobox", { name: /Search/ });
  await search.fill("user:alice");
  await search.press("Control+k");
  await palette(page).waitFor();
  await page.keyboard.press("Control+k");
  await palette(page).waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label")?.startsWith("Search"));
  expect(await search.inputValue()).toBe("user:alice");
  await page.getByRole("button", { name: "Commands" }).click();
  await palette(page).waitFor();
  // While it is open, the keys of the page behind rest.
  await page.keyboard.type("zzz");
  await page.getByText("Nothing is called so.").waitFor();
  expect(page.url()).not.toContain("zone=utc");
  await page.keyboard.press("Escape");
  await palette(page).waitFor({ state: "detached" });
});

test("a question made ready keeps the time that is shown", async () => {
  const page = await harness.visit("/?from=all&cluster=demo");
  await page.getByRole("article").first().waitFor();
  await run(page, "refused");
  await page.waitForURL((address) => address.searchParams.get("q") === "result:denied");
  const address = new URL(page.url()).searchParams;
  expect(Object.fromEntries(address)).toEqual({ q: "result:denied", from: "all", cluster: "demo", show: "reads" });
});

test("an object is found by a part of its name, and by its namespace", async () => {
  const page = await harness.visit("/status");
  await open(page, "attack");
  await page.getByRole("option", { name: /^attacker pods in default, demo/ }).click();
  await page.waitForURL((address) => address.pathname === "/objects/demo/core/pods/default/attacker");
  await page.getByRole("heading", { name: /attacker/ }).waitFor();
  await open(page, "shop-a/web");
  await page.getByRole("option", { name: /^web deployments in shop-a, demo, deleted/ }).waitFor();
  expect(await page.getByRole("option", { name: /in vote/ }).count()).toBe(0);
});

test("a command comes before an object of the same letters", async () => {
  await sendEvent(harness.program().ingest, "lanes-of-traffic");
  const found = async () =>
    (await fetch(new URL("/api/v1/objects?name=lanes-of-traffic", harness.program().api))).text();
  await expect.poll(found, { timeout: 20_000 }).toContain("configmaps");
  const page = await harness.visit("/?from=all&q=ns:vote");
  await page.getByRole("article").first().waitFor();
  await open(page, "lanes");
  await page.getByRole("option", { name: /lanes-of-traffic configmaps in live/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("list", { name: "Lanes" }).waitFor();
});

test("what the page can do: lanes, the zone, light and dark, a link, a file", async () => {
  const page = await harness.visit("/?from=all&q=ns:vote");
  await page.getByRole("article").first().waitFor();
  await run(page, "show as lanes");
  await page.getByRole("list", { name: "Lanes" }).waitFor();
  await run(page, "utc");
  await page.getByRole("button", { name: /Times are in UTC/ }).waitFor();
  await run(page, "dark col");
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  await run(page, "as the system has");
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBeUndefined();
  await run(page, "copy a link");
  await page.getByText("Link copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("view=lanes");
  const [download] = await Promise.all([page.waitForEvent("download"), run(page, "csv")]);
  expect(download.suggestedFilename()).toMatch(/\.csv$/);
  await run(page, "choose the time");
  await page.getByRole("dialog", { name: "Time" }).waitFor();
});

test("a view gets a name, comes back by it, also after a reload, and can be removed", async () => {
  const page = await harness.visit("/?from=all&q=user:bob&show=reads");
  await page.getByRole("article").first().waitFor();
  await run(page, "save this view");
  await page.getByText("kept in this browser only").waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("What bob reads");
  await page.keyboard.press("Enter");
  await palette(page).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Quarantine" }).click();
  await page.reload();
  await run(page, "bob");
  await page.waitForURL((address) => address.search === "?from=all&q=user%3Abob&show=reads");
  await page.getByRole("article").first().waitFor();

  await run(page, "remove a saved");
  await page.getByRole("option", { name: /What bob reads/ }).click();
  await page.getByRole("option", { name: "Save this view…" }).waitFor();
  expect(await page.getByRole("option", { name: /bob/ }).count()).toBe(0);
  expect(await page.evaluate(() => localStorage.getItem("taffrail.views"))).toBe("[]");
});

test("d chooses the time, and the cheat sheet says so", async () => {
  const page = await harness.visit("/?from=all&q=ns:vote");
  await page.getByRole("article").first().waitFor();
  await page.keyboard.press("d");
  await page.getByRole("dialog", { name: "Time" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "INPUT");
  // Nothing of the key is typed into what it opened.
  expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).value)).not.toContain("d");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keys" });
  await sheet.getByText("choose the time").waitFor();
  await sheet.getByText("commands: pages, objects, saved views").waitFor();
});

function palette(page: Page) {
  return page.getByRole("dialog", { name: "Commands" });
}

async function open(page: Page, typed: string): Promise<void> {
  await page.getByRole("button", { name: "Commands" }).waitFor();
  await page.keyboard.press("Control+k");
  await palette(page).waitFor();
  await page.keyboard.type(typed);
}

async function run(page: Page, typed: string): Promise<void> {
  await open(page, typed);
  await page.locator("[role=option][aria-selected=true]").waitFor();
  await page.keyboard.press("Enter");
}
