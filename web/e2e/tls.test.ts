// The same page over TLS.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { pageHarness } from "./harness";
import { sendEvent } from "./sendEvent";

const folder = mkdtempSync(join(tmpdir(), "taffrail-tls-"));
const [cert, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
execFileSync(
  "openssl",
  [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-out", cert, "-keyout", key],
  ],
  { stdio: "ignore" },
);
const harness = pageHarness(undefined, { TAFFRAIL__API__TLS__CERT: cert, TAFFRAIL__API__TLS__KEY: key });
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the page works over TLS, its live stream too", async () => {
  expect(harness.home()).toMatch(/^https:/);
  const page = await harness.visit("/");
  await page.getByText("removed label quarantine").waitFor();
  await page.getByRole("button", { name: "Live. Pause" }).waitFor();
  await sendEvent(harness.program().ingest, "over-tls");
  await page.getByRole("article", { name: /created configmap live\/over-tls/ }).waitFor();
});
