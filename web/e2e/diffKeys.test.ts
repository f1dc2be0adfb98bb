// From one change of a diff to the next.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pageHarness } from "./harness";

const harness = pageHarness();

test.each(["unified", "split"])("n and N go from change to change of two versions, %s", async (shape) => {
  const page = await harness.visit(
    `/objects/demo/apps/deployments/shop-a/web?before=1&after=31&noise=on${shape === "split" ? "&shape=split" : ""}`,
  );
  await page.locator(".diff .come").first().waitFor();
  const count = await page.locator("[data-hunk]").count();
  expect(count).toBeGreaterThan(2);
  await page.getByText(`${String(count)} places differ`, { exact: true }).waitFor();
  await page.keyboard.press("n");
  await at(page, 1, count);
  await page.keyboard.press("n");
  await at(page, 2, count);
  await page.keyboard.press("Shift+N");
  await at(page, 1, count);
  // The first is the first, however often one asks.
  await page.keyboard.press("Shift+N");
  await at(page, 1, count);
  await page.getByRole("button", { name: "Next place that differs" }).click();
  await at(page, 2, count);
  for (let pressed = 0; pressed < count; pressed += 1) await page.keyboard.press("n");
  await at(page, count, count);
  const seen = await page
    .locator("[data-hunk]")
    .last()
    .evaluate((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return top >= 0 && bottom <= window.innerHeight;
    });
  expect(seen).toBe(true);
});

test("in an opened event, too; while somebody types n is a letter, and Ctrl+F is the browser's", async () => {
  const page = await harness.visit("/?from=all&q=name:web+resource:deployments+changed:image&pane=diff");
  await page.getByRole("button", { name: /to registry.example.com\/shop\/web:broken/ }).click();
  await page.getByRole("tab", { name: "Diff" }).click();
  await page.locator("[data-hunk]").first().waitFor();
  await page.keyboard.press("n");
  await page.waitForFunction(() => document.activeElement?.hasAttribute("data-hunk"));
  const prevented = await page.evaluate(() => {
    const press = new KeyboardEvent("keydown", { key: "f", ctrlKey: true, cancelable: true, bubbles: true });
    document.body.dispatchEvent(press);
    return press.defaultPrevented;
  });
  expect(prevented).toBe(false);
  await page.keyboard.press("/");
  await page.keyboard.type("n");
  expect(await page.getByRole("combobox", { name: /Search/ }).inputValue()).toMatch(/n$/);
});

async function at(page: Page, place: number, count: number): Promise<void> {
  await page.getByText(`${String(place)} of ${String(count)} places`).waitFor();
  await page.waitForFunction(
    (index) => document.querySelectorAll("[data-hunk]")[index] === document.activeElement,
    place - 1,
  );
}
