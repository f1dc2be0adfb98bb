// A server that answers only those whom it knows.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { pageHarness } from "./harness";

const folder = mkdtempSync(join(tmpdir(), "taffrail-login-"));
const file = join(folder, "credentials.yaml");
const hash = (token: string) => `sha256:${createHash("sha256").update(token).digest("hex")}`;
writeFileSync(
  file,
  JSON.stringify([
    { name: "oncall", hash: hash("reading-token"), read: true },
    { name: "sender", hash: hash("sending-token"), clusters: ["demo"] },
  ]),
);
const harness = pageHarness(undefined, { TAFFRAIL__API__AUTH__FILE: file });
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the page asks for a token, says what is wrong with it, and keeps the right one for this tab", async () => {
  harness.allow(/401|403/);
  const page = await harness.visit("/?q=user:alice");
  await page.getByRole("heading", { name: "Taffrail asks for a token" }).waitFor();
  const logIn = async (token: string) => {
    await page.getByLabel("Token", { exact: true }).fill(token);
    await page.getByRole("button", { name: "Log in" }).click();
  };
  await logIn("nonsense");
  await page.getByText("The server knows no such token").waitFor();
  await logIn("sending-token");
  await page.getByText("it is one for sending events").waitFor();
  await logIn("reading-token");
  await page.getByText("removed label quarantine").waitFor();
  await page.getByRole("button", { name: "Live. Pause" }).waitFor();
  expect(new URL(page.url()).searchParams.get("q")).toBe("user:alice");

  await page.reload();
  await page.getByText("removed label quarantine").waitFor();
  expect(await page.evaluate(() => JSON.stringify(localStorage) + document.cookie)).not.toContain("reading-token");

  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Taffrail asks for a token" }).waitFor();
});
