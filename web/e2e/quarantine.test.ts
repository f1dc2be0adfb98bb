// Which pods are isolated, and the story of one.
import { expect, test } from "vitest";
import { pageHarness } from "./harness";
import { sendLabel } from "./sendLabel";

const harness = pageHarness();

test("the list leads to the story: who isolated the pod, who let it go, and what it tried", async () => {
  const page = await harness.visit("/");
  await page.getByRole("link", { name: "Quarantine" }).click();
  const row = page.getByRole("row", { name: /default\/attacker/ });
  await row.getByRole("link").click();
  await page.waitForURL((address) => address.pathname === "/quarantine/demo/default/attacker");
  const status = page.getByRole("region", { name: "Status" });
  await status.getByText("4 attempts").waitFor();
  expect(await status.innerText()).toMatch(/label quarantine=true set\s+2026-11-23 17:24:54\.763 by\s+human\s+alice/);
  expect(await status.innerText()).toContain("security.quarantine denies all of it, both ways");
  const api = page.getByRole("row", { name: /Kubernetes API/ });
  expect((await api.getByRole("cell").allInnerTexts()).slice(0, 4)).toEqual(["443/tcp", "1", "2", "0"]);
  await page.getByText("alice released pod default/attacker from quarantine").first().waitFor();
});

test("intent and effect stand side by side, and a mark leads to its event", async () => {
  const page = await harness.visit("/quarantine/demo/default/attacker");
  await page.locator(".effect-mark.denied").first().waitFor();
  await page.getByRole("img", { name: /flows denied/ }).waitFor();
  await page
    .getByRole("region", { name: "Intent and effect" })
    .getByRole("link", { name: /alice set label quarantine=true/ })
    .click();
  await page.getByRole("tab", { name: "What changed" }).waitFor();
  await page.getByRole("row", { name: /metadata\.labels\.quarantine/ }).waitFor();
});

test("the link to the evidence shows the same story", async () => {
  const page = await harness.visit("/quarantine/demo/default/attacker?reach=10m");
  await page.getByRole("button", { name: "Copy a link to this evidence" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  expect(link.searchParams.get("since")).toBe("2026-11-23T16:24:54.763000Z");
  const other = await harness.visit(link.pathname + link.search);
  await other.getByRole("region", { name: "Status" }).getByText("4 attempts").waitFor();
});

test("a pod that is isolated still comes with the line that releases it", async () => {
  await sendLabel(harness.program().ingest, "demo", "miner");
  const answer = async () => (await fetch(new URL("/api/v1/quarantine", harness.program().api))).text();
  await expect.poll(answer, { timeout: 20_000 }).toContain('"miner"');
  const page = await harness.visit("/quarantine");
  await page.getByText("1 under quarantine now.").waitFor();
  await page
    .getByRole("row", { name: /shop\/miner/ })
    .getByRole("link")
    .click();
  await page.getByText("still under quarantine").waitFor();
  await page.getByText("Release it").click();
  await page.getByText("taffrail quarantine release miner -n shop", { exact: true }).waitFor();
});
