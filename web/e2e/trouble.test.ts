// What the page says when answers are missing, late or not whole.
import { expect, test } from "vitest";
import { pageHarness } from "./harness";

const harness = pageHarness();

test("gaps and answers that are not whole are said beside the list", async () => {
  const page = await harness.visit("/quarantine");
  await page.route("**/api/v1/events?*", async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as { coverage: Record<string, unknown> };
    body.coverage.partial = true;
    body.coverage.gaps = [
      {
        cluster: "demo",
        source: "webhook",
        from: "2026-11-23T16:20:00.000000Z",
        to: "2026-11-23T16:22:00.000000Z",
        lost: 12,
        reason: "disk full",
      },
    ];
    await route.fulfill({ response: answer, json: body });
  });
  await page.getByRole("link", { name: "Changes" }).click();
  await page.getByText("Not all of it: the question took too long").waitFor();
  await page.getByText("1 gap").click();
  await page.getByText("disk full (12 records lost)").waitFor();
  await expect.poll(() => page.locator(".histogram rect[fill='url(#gap-hatch)']").count()).toBe(1);
});

test("a server that is gone is no empty list, and can be asked again", async () => {
  harness.allow(/ERR_FAILED/);
  const page = await harness.visit("/quarantine");
  await page.route("**/api/v1/**", (route) => route.abort());
  await page.getByRole("link", { name: "Changes" }).click();
  await page.getByText("Taffrail does not answer.").waitFor();
  expect(await page.getByText("Nothing matched").count()).toBe(0);
  await page.unroute("**/api/v1/**");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("removed label quarantine").waitFor();
});

test("a search that met no server is asked again by itself, and keeps the room for its words", async () => {
  harness.allow(/ERR_FAILED/);
  const page = await harness.visit("/?from=all");
  await page.getByText("removed label quarantine").waitFor();
  const box = page.getByRole("combobox", { name: "Search, in the query language" });
  const room = (await box.boundingBox())?.width ?? 0;
  await page.route("**/api/v1/**", (route) => route.abort());
  await box.fill("user:alice");
  await box.press("Enter");
  await page.getByText("Taffrail does not answer.").waitFor();
  await page.getByRole("button", { name: "Try again" }).waitFor();
  // The button that clears the words stands beside them.
  expect((await box.boundingBox())?.width ?? 0).toBeGreaterThan(room - 80);
  await page.unroute("**/api/v1/**");
  await page.getByText("removed label quarantine").waitFor();
  expect(await page.getByText("Taffrail does not answer.").count()).toBe(0);
});

test("an address that leads nowhere says so", async () => {
  const page = await harness.visit("/nowhere/at/all");
  await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor();
  await page.getByRole("link", { name: "See what changed lately" }).click();
  await page.getByText("removed label quarantine").waitFor();
});

test("the page's policy is in force: a script that somebody smuggles in does not run", async () => {
  harness.allow(/Content Security Policy/);
  const page = await harness.visit("/");
  await page.getByText("removed label quarantine").waitFor();
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'smuggled'";
    document.head.append(script);
    return document.title;
  });
  expect(ran).toBe("Changes · Taffrail");
});

test("an answer of an odd form makes no empty window", async () => {
  harness.allow(/./);
  const page = await harness.visit("/quarantine");
  await page.route("**/api/v1/events?*", async (route) => {
    await route.fulfill({ json: { events: [{}], next: null, total: { value: 1, exact: true }, coverage: null } });
  });
  await page.getByRole("link", { name: "Changes" }).click();
  await page.getByText("This page has made a mistake.").waitFor();
  await page.unroute("**/api/v1/events?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("removed label quarantine").waitFor();
});
