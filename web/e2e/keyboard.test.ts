// Everything by keys alone.
import { expect, test } from "vitest";
import { pageHarness } from "./harness";

const harness = pageHarness();

test("keys search, move, open and close", async () => {
  const page = await harness.visit("/");
  await page.getByText("removed label quarantine").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("user:alice resource:pods name:attacker");
  await page.keyboard.press("Enter");
  await page.waitForURL((address) => address.searchParams.get("q") !== null);
  // The list before has events of this pod too, and others.
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll("article")];
    return rows.length > 0 && rows.every((row) => row.textContent.includes("attacker"));
  });
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  await page.waitForFunction(() => document.activeElement?.textContent.includes("removed label quarantine"));
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() => document.activeElement?.textContent.includes("set label quarantine=true"));
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.activeElement?.textContent.includes("removed label quarantine"));
  await page.keyboard.press("Enter");
  await page.getByRole("tab", { name: "What changed" }).waitFor();
  expect(await focused()).toContain("removed label quarantine");
  await page.keyboard.press("Escape");
  await page.getByRole("tab", { name: "What changed" }).waitFor({ state: "detached" });
});

test("[ and ] go from one change by a person to the next", async () => {
  const page = await harness.visit("/?from=all&show=system,reads&q=ns:vote");
  await page.getByRole("article").first().waitFor();
  await page.keyboard.press("[");
  await page.waitForFunction(() => document.activeElement?.textContent.includes("alice"));
  const first = await page.evaluate(() => document.activeElement?.textContent);
  await page.keyboard.press("[");
  await page.waitForFunction((before) => document.activeElement?.textContent !== before, first);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("alice");
  await page.keyboard.press("]");
  await page.waitForFunction((before) => document.activeElement?.textContent === before, first);
});

test("z shows the other zone, and the zone has a name", async () => {
  const page = await harness.visit("/");
  await page.getByText("17:25:06").first().waitFor();
  await page.keyboard.press("z");
  await page.getByText("16:25:06").first().waitFor();
  await page.getByRole("button", { name: /Times are in UTC/ }).waitFor();
  await page.keyboard.press("z");
  await page.getByText("17:25:06").first().waitFor();
});

test("y copies a link that holds no relative time", async () => {
  const page = await harness.visit("/?from=now-7d&q=user:alice");
  await page.getByRole("article").first().waitFor();
  await page.keyboard.press("y");
  await page.getByText("Link copied").waitFor();
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  expect(link.searchParams.get("q")).toBe("user:alice");
  expect(link.searchParams.get("from")).toMatch(/^\d{4}-.*Z$/);
  expect(link.searchParams.get("to")).toMatch(/^\d{4}-.*Z$/);
});

test("? shows the keys, and Escape closes them alone", async () => {
  const page = await harness.visit("/");
  await page.getByText("removed label quarantine").waitFor();
  await page.keyboard.press("j");
  await page.waitForFunction(() => document.activeElement?.closest("article") !== null);
  await page.keyboard.press("Enter");
  await page.getByRole("tab", { name: "What changed" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "detached" });
  expect(await page.getByRole("tab", { name: "What changed" }).count()).toBe(1);
});
