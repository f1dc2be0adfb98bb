// Nothing that axe calls serious: in light and dark, and in a window as narrow as a telephone.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { pageHarness } from "./harness";
import type { View } from "./browser";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const views: Record<string, View> = {
  light: { width: 1280, height: 860 },
  dark: { width: 1280, height: 860, colours: "dark" },
  narrow: { width: 400, height: 800 },
};

describe.each(Object.entries(views))("%s", (name, view) => {
  const harness = pageHarness(view);

  test("the list of changes", async () => {
    const page = await harness.visit("/");
    await page.getByText("removed label quarantine").waitFor();
    await page
      .getByRole("button", { name: /followed$/ })
      .first()
      .waitFor();
    expect(await serious(page)).toEqual([]);
    expect(await sticksOut(page)).toBe(false);
  });

  test("an opened event in each of its panes", async () => {
    const page = await harness.visit("/?from=all&q=name:web+resource:deployments+changed:spec.replicas");
    await page.getByRole("button", { name: /from 3 to 5/ }).click();
    for (const tab of ["What changed", "Diff", "Who really", "Before and after", "Record"]) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByText("Looking…", { exact: true }).waitFor({ state: "detached" });
      expect({ tab, found: await serious(page) }).toEqual({ tab, found: [] });
    }
    expect(await sticksOut(page)).toBe(false);
  });

  test("the lanes, their table and the menu of a lane", async () => {
    const page = await harness.visit("/?from=all&q=ns:shop-a&view=lanes");
    await page.getByRole("list", { name: "Lanes" }).getByRole("button").first().click();
    await page.getByRole("button", { name: "Hide this" }).waitFor();
    await page.getByText("The same as a table").click();
    await page.locator(".lane-table tbody button").first().click();
    expect(await serious(page)).toEqual([]);
    expect(await sticksOut(page)).toBe(false);
  });

  test("suggestions, times and an empty list", async () => {
    const page = await harness.visit("/?from=2026-11-23T12:00:00Z&to=2026-11-23T13:00:00Z");
    await page.getByText("outside of it").waitFor();
    await page.getByRole("combobox", { name: /Search/ }).pressSequentially("us");
    await page.getByRole("option").first().waitFor();
    expect(await serious(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /2026-11-23 13:00/ }).click();
    await page.getByRole("dialog", { name: "Time" }).waitFor();
    expect(await serious(page)).toEqual([]);
  });

  test.each([
    ["history", "/objects/demo/apps/deployments/shop-a/web?after=31", ".diff"],
    ["split", "/objects/demo/apps/deployments/shop-a/web?before=1&after=52&shape=split", ".diff"],
    ["state", "/objects/demo/core/pods/default/attacker?view=state", ".blamed a"],
    ["access", "/objects/demo/core/pods/shop-a/attacker?view=access", ".access li"],
    ["related", "/objects/demo/apps/deployments/vote/vote?view=related", ".related li"],
  ])("an object: %s", async (_, path, ready) => {
    const page = await harness.visit(path);
    await page.locator(ready).first().waitFor();
    expect(await serious(page)).toEqual([]);
    expect(await sticksOut(page)).toBe(false);
  });

  test.each([
    ["the list", "/quarantine", ".sheet tbody tr"],
    ["the story", "/quarantine/demo/default/attacker", ".effect-mark"],
  ])("quarantine: %s", async (_, path, ready) => {
    const page = await harness.visit(path);
    await page.locator(ready).first().waitFor();
    expect(await serious(page)).toEqual([]);
    expect(await sticksOut(page)).toBe(false);
  });

  test("the commands, and the name of a view", async () => {
    const page = await harness.visit("/");
    await page.getByRole("button", { name: "Commands" }).click();
    await page.getByRole("combobox", { name: "Commands" }).fill("attacker");
    await page.getByRole("option", { name: /pods in default, demo/ }).waitFor();
    expect(await serious(page)).toEqual([]);
    await page.getByRole("combobox", { name: "Commands" }).fill("save this");
    await page.getByRole("option", { name: "Save this view…", selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("textbox", { name: "Name" }).waitFor();
    expect(await serious(page)).toEqual([]);
    expect(await sticksOut(page)).toBe(false);
  });

  test("the status, with findings", async () => {
    const sent = await fetch(new URL("/v1/audit/demo", harness.program().ingest), { method: "POST", body: "nothing" });
    expect(sent.status).toBe(200);
    const page = await harness.visit("/status");
    await page.getByText("not JSON").click();
    await page.getByText("1 record could not be decoded", { exact: true }).waitFor();
    expect(await serious(page)).toEqual([]);
    expect(await sticksOut(page)).toBe(false);
  });

  if (name === "dark") {
    test("dark is dark, and the switch makes it light for good", async () => {
      const page = await harness.visit("/");
      const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      expect(await ground()).toBe("rgb(18, 22, 27)");
      await page.getByRole("button", { name: /Show light/ }).click();
      expect(await ground()).toBe("rgb(247, 248, 250)");
      await page.reload();
      expect(await ground()).toBe("rgb(247, 248, 250)");
    });
  }
});

/** Runs axe in the page. It comes in by the debugger, which the page's policy does not concern. */
async function serious(page: Page): Promise<string[]> {
  await page.evaluate(source);
  const results = await page.evaluate(async () => {
    const { axe: inPage } = window as unknown as { axe: typeof axe };
    return (await inPage.run()).violations;
  });
  return results
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ""}`));
}

/** Whether one has to push the page sideways to see all of it. */
function sticksOut(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}
