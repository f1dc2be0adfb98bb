// Events that come in while the page is open.
import { expect, test } from "vitest";
import { pageHarness } from "./harness";
import { searchable } from "./searchable";
import { sendEvent, sendEvents } from "./sendEvent";

const harness = pageHarness();

test("a new event appears by itself, and does not while the list is held still", async () => {
  const page = await harness.visit("/");
  await page.getByRole("button", { name: "Live. Pause" }).waitFor();
  await sendEvent(harness.program().ingest, "first");
  await page.getByRole("article", { name: /created configmap live\/first/ }).waitFor();

  await page.getByRole("button", { name: "Live. Pause" }).click();
  await sendEvent(harness.program().ingest, "second");
  await page.getByRole("button", { name: "Paused, 1 new event" }).waitFor();
  expect(await page.getByRole("article", { name: /live\/second/ }).count()).toBe(0);

  await page.getByRole("button", { name: "Paused, 1 new event" }).click();
  await page.getByRole("article", { name: /created configmap live\/second/ }).waitFor();
});

test("only what the question matches appears", async () => {
  const page = await harness.visit("/?q=name:wanted*");
  await page.getByRole("button", { name: "Live. Pause" }).waitFor();
  await sendEvent(harness.program().ingest, "unwanted");
  await sendEvent(harness.program().ingest, "wanted-1");
  await page.getByRole("article", { name: /live\/wanted-1/ }).waitFor();
  expect(await page.getByRole("article", { name: /live\/unwanted/ }).count()).toBe(0);
});

test("an hour of long ago gives way to the last one when something happens", async () => {
  const page = await harness.visit("/?q=name:(attacker OR overtaken)");
  await page.getByText("Nothing in the last hour matches.").waitFor();
  await page.getByRole("button", { name: "Live. Pause" }).waitFor();
  await sendEvent(harness.program().ingest, "overtaken");
  await page.getByRole("button", { name: /Last hour/ }).waitFor();
  await page.getByRole("article", { name: /live\/overtaken/ }).waitFor();
  expect(await page.getByText("Nothing in the last hour matches.").count()).toBe(0);
  await page.getByText("1 event", { exact: true }).first().waitFor();
});

test("up to when the list is complete goes on while it does", async () => {
  const page = await harness.visit("/");
  await page.getByRole("button", { name: "Live. Pause" }).waitFor();
  const upTo = page.getByText(/complete up to/);
  const first = await upTo.innerText();
  await expect.poll(() => upTo.innerText(), { timeout: 30_000 }).not.toBe(first);
});

test("names that hide or reorder text are written out", async () => {
  // The live stream is faster than the index, and a browser notes every answer that is no 200.
  harness.allow(/404/);
  const page = await harness.visit("/");
  await page.getByRole("button", { name: "Live. Pause" }).waitFor();
  await sendEvent(harness.program().ingest, "ev\u202eil<img src=x onerror=alert(1)>");
  const row = page.getByRole("article", { name: /configmap live\/ev/ });
  await row.waitFor();
  expect(await row.innerText()).toContain("<img src=x");
  await row.getByRole("button").first().click();
  await row.getByRole("tab", { name: "Record" }).click();
  await page.locator(".raw", { hasText: "\\u{202e}" }).waitFor();
  expect(await page.locator("body").innerText()).not.toContain("\u202e");
  expect(await page.locator("img[src=x]").count()).toBe(0);
});

test("a list that many events came to keeps the newest, and brings back the others when one goes there", async () => {
  const many = 3_500;
  const page = await harness.visit("/?q=name:many-*&from=now-1h");
  await page.getByRole("button", { name: "Live. Pause" }).waitFor();
  for (let sent = 0; sent < many; sent += 500) {
    await sendEvents(
      harness.program().ingest,
      Array.from({ length: 500 }, (_, place) => `many-${String(sent + place)}`),
    );
    await page.getByRole("article", { name: new RegExp(`live/many-${String(sent + 499)}\\b`) }).waitFor();
  }
  await expect.poll(() => searchable(harness.program().api, "name:many-*")).toBe(many);
  const first = page.getByRole("article", { name: /live\/many-0\b/ });
  await expect
    .poll(async () => {
      await page.locator(".event-rows").evaluate((rows) => {
        rows.scrollTop = rows.scrollHeight;
      });
      return first.count();
    })
    .toBe(1);
});

test("what came in great number while the list was held still is there when it goes on", async () => {
  const page = await harness.visit("/?q=name:held-*&from=now-1h");
  await page.getByRole("button", { name: "Live. Pause" }).click();
  for (let sent = 0; sent < 5_500; sent += 500) {
    await sendEvents(
      harness.program().ingest,
      Array.from({ length: 500 }, (_, place) => `held-${String(sent + place)}`),
    );
  }
  await expect.poll(() => searchable(harness.program().api, "name:held-*")).toBe(5_500);
  await page.getByRole("button", { name: /Paused, 5,?500 new events/ }).click();
  await page.getByRole("article", { name: /live\/held-5499\b/ }).waitFor();
  await page.getByText(/5,?500 events/).waitFor();
});
