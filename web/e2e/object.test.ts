// The page of one object.
import { expect, test } from "vitest";
import { pageHarness } from "./harness";

const harness = pageHarness();
const web = "/objects/demo/apps/deployments/shop-a/web";

test("an event leads to the history of its object", async () => {
  const page = await harness.visit("/?from=all&q=name:web+changed:spec.replicas");
  await page.getByRole("button", { name: /from 3 to 5/ }).click();
  await page.getByRole("link", { name: "History of this object" }).click();
  await page.waitForURL((address) => address.pathname === web);
  await page.getByRole("heading", { name: "web", level: 1 }).waitFor();
  await page.getByText("deleted", { exact: true }).waitFor();
});

test("a version is compared with the one before it, and any two with each other", async () => {
  const page = await harness.visit(web);
  await page.getByRole("button", { name: /scaled deployment shop-a\/web from 3 to 5/ }).click();
  await page.getByRole("heading", { name: "version 1 → version 8" }).waitFor();
  const diff = page.locator(".diff");
  await diff.filter({ hasText: "replicas: 5" }).waitFor();
  expect(await diff.locator(".gone.code").allInnerTexts()).toEqual([expect.stringContaining("replicas: 3")]);

  await page.getByRole("radio", { name: "Compare to version 49" }).check();
  await page.getByRole("heading", { name: "version 1 → version 49" }).waitFor();
  await diff.filter({ hasText: "imagePullPolicy: Always" }).waitFor();
  await page.getByRole("button", { name: "side by side" }).click();
  await page.locator(".diff.split th", { hasText: "version 49" }).waitFor();
  await page.reload();
  await page.locator(".diff.split th", { hasText: "version 49" }).waitFor();
});

test("status is noise, and can be shown", async () => {
  const page = await harness.visit(`${web}?after=8`);
  await page.locator(".diff").waitFor();
  const versions = page.getByRole("region", { name: "Versions" }).getByRole("listitem");
  const few = await versions.count();
  await page.getByRole("button", { name: "with status" }).click();
  await page.waitForFunction((before) => document.querySelectorAll(".version-list li").length > before, few);
});

test("every line says who set it last, at any version", async () => {
  const page = await harness.visit("/objects/demo/core/pods/default/attacker?view=state");
  const setterOf = async (text: string) => {
    const rows = await page
      .locator(".blamed tr")
      .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
    const index = rows.findIndex((cells) => cells[2]?.includes(text));
    return rows.slice(0, index + 1).findLast((cells) => cells[0] !== "")?.[0] ?? "";
  };
  await page.locator(".blamed a").first().waitFor();
  expect(await setterOf("nodeName: node-1")).toContain("system:kube-scheduler");
  expect(await setterOf("serviceAccountName: default")).toContain("alice");

  const slider = page.getByRole("slider");
  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  await page.locator(".blamed tr", { hasText: 'quarantine: "true"' }).waitFor();
  expect(await setterOf('quarantine: "true"')).toContain("alice");
  expect(page.url()).toContain("at=");
});

test("the state is copied as YAML", async () => {
  const page = await harness.visit("/objects/demo/core/pods/default/attacker?view=state");
  await page.getByRole("button", { name: "Copy as YAML" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^apiVersion: v1\nkind: Pod\n/);
});

test("keys go through the versions, and copy the link to one", async () => {
  const page = await harness.visit(web);
  await page.getByRole("heading", { name: "version 52 → version 65" }).waitFor();
  await page.keyboard.press("j");
  await page.getByRole("heading", { name: "version 49 → version 52" }).waitFor();
  await page.keyboard.press("y");
  await page.getByText("Link copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
  expect(page.url()).toContain("after=52");
});

test("who opened a shell in a pod, and who read a Secret", async () => {
  const page = await harness.visit("/objects/demo/core/pods/shop-a/attacker?view=access");
  await page.getByRole("listitem").filter({ hasText: "alice" }).filter({ hasText: "opened a shell" }).first().waitFor();
  await page
    .getByRole("listitem")
    .filter({ hasText: "bob" })
    .filter({ hasText: "was refused running id" })
    .first()
    .waitFor();
  const secret = await harness.visit("/objects/demo/core/secrets/shop-a/db?view=access");
  await secret
    .getByRole("listitem")
    .filter({ hasText: "bob" })
    .filter({ hasText: "read secret shop-a/db" })
    .first()
    .waitFor();
});

test("what it owns is a click away", async () => {
  const page = await harness.visit("/objects/demo/apps/deployments/vote/vote?view=related");
  await page.getByRole("link", { name: /^vote-.*kmqdm$/ }).click();
  await page.getByRole("heading", { name: /^vote-.*kmqdm$/, level: 1 }).waitFor();
  await page.getByRole("button", { name: "What has to do with it" }).click();
  await page.getByRole("heading", { name: "Its owner" }).waitFor();
});

test("an object of which nothing is recorded says why that may be", async () => {
  harness.allow(/404/);
  const page = await harness.visit("/objects/demo/core/pods/default/nobody");
  await page.getByText("No write of this object was recorded").waitFor();
  expect(await page.getByRole("heading", { name: "nobody" }).count()).toBe(1);
});
