import type { Page } from "playwright-core";

/** Where the picture of the lanes is. */
export async function boxOf(page: Page): Promise<{ x: number; y: number; width: number }> {
  const box = await page.locator(".lanes canvas").boundingBox();
  if (box === null) throw new Error("no canvas");
  return box;
}

/** Which part of the time it shows, in milliseconds since 1970. */
export async function seen(page: Page): Promise<{ begin: number; end: number }> {
  const canvas = page.locator(".lanes canvas");
  return {
    begin: Number(await canvas.getAttribute("data-begin")),
    end: Number(await canvas.getAttribute("data-end")),
  };
}
