// What a page takes when much is stored, and when it stays open for long. Prints rows for docs/benchmarks.md.
import { execFileSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Page } from "playwright-core";
import { Browser } from "./browser";
import { startProgram, type Program } from "./program";
import { sendEvents } from "./sendEvent";

const stored = 1_000_000;
const loads = 20;
/** Ten a second for an hour. */
const followed = 36_000;
const perSend = 100;

export async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "taffrail-measures-"));
  const file = join(folder, "audit.jsonl");
  await pipeline(Readable.from(constructed()), createWriteStream(file));
  const program = await startProgram({}, [file]);
  const browser = await Browser.start(program.api.origin);
  try {
    await firstAnswer(browser);
    await memory(browser, program);
  } finally {
    await browser.close();
    await program.stop();
    rmSync(folder, { recursive: true });
  }
}

async function firstAnswer(browser: Browser): Promise<void> {
  const taken: number[] = [];
  for (let load = 0; load < loads; load += 1) {
    const { page } = await browser.visit("/", markFirstRow);
    await page.waitForFunction(() => performance.getEntriesByName("first-row").length > 0);
    // By the page's own clock, which begins when it is asked for.
    taken.push(await page.evaluate(() => performance.getEntriesByName("first-row")[0]?.startTime ?? Infinity));
    await page.close();
  }
  taken.sort((one, other) => one - other);
  const at = (share: number) => (taken[Math.ceil(share * taken.length) - 1] ?? 0).toFixed(0);
  console.log(`first answer after load, ${String(stored)} events stored: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`);
}

function markFirstRow(): void {
  const observer = new MutationObserver(() => {
    if (document.querySelector("article") === null) return;
    observer.disconnect();
    // When it is drawn, not when it is written.
    requestAnimationFrame(() => {
      performance.mark("first-row");
    });
  });
  observer.observe(document, { childList: true, subtree: true });
}

async function memory(browser: Browser, program: Program): Promise<void> {
  const { page } = await browser.visit("/?from=now-1h");
  await page.getByRole("button", { name: "Live. Pause" }).waitFor();
  const before = await heap(page);
  for (let sent = 0; sent < followed; sent += perSend) {
    const names = Array.from({ length: perSend }, (_, place) => `followed-${String(sent + place)}`);
    await sendEvents(program.ingest, names);
    // One after the other, as in an hour: a page that is overrun would be told so and let them go.
    const last = `followed-${String(sent + perSend - 1)}`;
    await page.getByRole("article", { name: new RegExp(`${last}\\b`) }).waitFor();
  }
  const after = await heap(page);
  const [all] = renderers().sort((one, other) => other - one);
  console.log(
    `an hour of tail, ${String(followed)} events: heap ${before.toFixed(0)} -> ${after.toFixed(0)} MB, its process ${(all ?? 0).toFixed(0)} MB`,
  );
}

/** What scripts hold, in MB, after the browser has cleaned up. */
async function heap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 1e6;
}

/** The memory of each process that shows pages, in MB. */
function renderers(): number[] {
  const processes = execFileSync("ps", ["-eo", "rss=,args="], { encoding: "utf8" }).split("\n");
  return processes.filter((line) => line.includes("--type=renderer")).map((line) => Number.parseInt(line, 10) / 1e3);
}

/** A day of constructed events that ends now, marked so: config maps that alice and a controller write. */
function* constructed(): Generator<string> {
  const end = Date.now();
  for (let place = 0; place < stored; place += 1) {
    const time = new Date(end - ((stored - place) * 86_400_000) / stored).toISOString().replace("Z", "000Z");
    const name = `map-${String(place % 5_000)}`;
    const username = place % 10 === 0 ? "alice" : "system:serviceaccount:kube-system:constructed-controller";
    yield `${JSON.stringify({
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: "Metadata",
      auditID: `constructed-${String(place)}`,
      stage: "ResponseComplete",
      requestURI: `/api/v1/namespaces/constructed/configmaps/${name}`,
      verb: "update",
      user: { username, groups: ["system:authenticated"] },
      sourceIPs: ["203.0.113.10"],
      userAgent: "constructed-for-a-measure",
      objectRef: { resource: "configmaps", namespace: "constructed", name, apiVersion: "v1" },
      responseStatus: { metadata: {}, code: 200 },
      requestReceivedTimestamp: time,
      stageTimestamp: time,
    })}\n`;
  }
}
