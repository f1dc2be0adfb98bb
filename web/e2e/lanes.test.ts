// The lanes as an on-call engineer uses them: the same question as the list, with mouse and with keys.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pageHarness } from "./harness";
import { boxOf, seen } from "./lanesCanvas";

const harness = pageHarness();
const question = "/?from=all&q=ns:shop-a+resource:deployments";

test("t and the switch show the same question as lanes and as a list", async () => {
  const page = await harness.visit(`${question}&show=reads`);
  await page.getByRole("article").first().waitFor();
  await page.keyboard.press("t");
  await lanesOf(page).waitFor();
  const address = new URL(page.url()).searchParams;
  expect(Object.fromEntries(address)).toEqual({
    from: "all",
    q: "ns:shop-a resource:deployments",
    show: "reads",
    view: "lanes",
  });
  await page.getByRole("button", { name: "List", exact: true }).click();
  await page.getByRole("article").first().waitFor();
  expect(new URL(page.url()).searchParams.get("view")).toBeNull();
  expect(new URL(page.url()).searchParams.get("q")).toBe("ns:shop-a resource:deployments");
});

test("a lane can be an actor, and the address says so", async () => {
  const page = await harness.visit(`${question}&view=lanes`);
  await page.getByLabel("one per").selectOption("actor");
  await lanesOf(page).getByRole("button", { name: "alice" }).waitFor();
  expect(new URL(page.url()).searchParams.get("by")).toBe("actor");
  await page.reload();
  await lanesOf(page).getByRole("button", { name: "alice" }).waitFor();
});

test("keys alone zoom, go sideways and fit", async () => {
  const page = await harness.visit(`${question}&view=lanes`);
  const canvas = page.locator(".lanes canvas");
  await canvas.focus();
  const whole = await seen(page);
  await page.keyboard.press("+");
  await untilSeen(page, (whole.end - whole.begin) / 2);
  const zoomed = await seen(page);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(
    (begin) => Number(document.querySelector<HTMLElement>(".lanes canvas")?.dataset.begin) > begin,
    zoomed.begin,
  );
  await page.keyboard.press("f");
  await untilSeen(page, whole.end - whole.begin);
});

test("the wheel zooms around the cursor, and a drag chooses the time", async () => {
  const page = await harness.visit(`${question}&view=lanes`);
  const box = await boxOf(page);
  const whole = await seen(page);
  await page.mouse.move(box.x + box.width / 4, box.y + 60);
  await page.keyboard.down("Shift");
  await page.mouse.wheel(0, -200);
  await page.keyboard.up("Shift");
  await page.waitForFunction(
    (begin) => Number(document.querySelector<HTMLElement>(".lanes canvas")?.dataset.begin) > begin,
    whole.begin,
  );
  const near = await seen(page);
  // The cursor stands on whole pixels only.
  const pixel = (whole.end - whole.begin) / box.width;
  const held = whole.begin + (whole.end - whole.begin) / 4;
  expect(Math.abs(near.begin + (near.end - near.begin) / 4 - held)).toBeLessThan(2 * pixel);

  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL((address) => address.searchParams.get("from") !== "all");
  const from = Date.parse(new URL(page.url()).searchParams.get("from") ?? "");
  expect(Math.abs(from - held)).toBeLessThan(2 * pixel);
});

test("the table says the same, and opens the same event", async () => {
  const page = await harness.visit(`${question}&view=lanes`);
  await page.getByText("The same as a table").click();
  const table = page.locator(".lane-table");
  await table
    .getByRole("button", { name: /shop-a\/web/ })
    .first()
    .press("Enter");
  await table.getByRole("button", { name: /scaled deployment shop-a\/web from 3 to 5/ }).press("Enter");
  await page.getByRole("tab", { name: "What changed" }).waitFor();
  await page.getByRole("row", { name: /spec\.replicas/ }).waitFor();
});

test("one lane can be hidden, or be all there is", async () => {
  const page = await harness.visit("/?from=all&q=ns:shop-a&view=lanes");
  const lane = lanesOf(page).getByRole("button", { name: /deployment.*shop-a\/web/ });
  await lane.click();
  await page.getByRole("button", { name: "Hide this" }).click();
  await lane.waitFor({ state: "detached" });
  await page.goBack();
  await lane.click();
  await page.getByRole("button", { name: "Only this" }).click();
  await page.getByText(/^1 of 1 lane/).waitFor();
  expect(await lanesOf(page).getByRole("button").count()).toBe(1);
});

function lanesOf(page: Page) {
  return page.getByRole("list", { name: "Lanes" });
}

async function untilSeen(page: Page, length: number): Promise<void> {
  await page.waitForFunction((wanted) => {
    const { begin, end } = document.querySelector<HTMLElement>(".lanes canvas")?.dataset ?? {};
    return Math.abs(Number(end) - Number(begin) - wanted) < 10;
  }, length);
}
