// The real program on a data directory of its own, with the samples in it.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const samples = join(import.meta.dirname, "../../samples");
/** What scripts/run.sh imports too. */
const demo = ["audit/scenario.jsonl.gz", "story/audit.jsonl.gz", "story/kern.log", "story/flows.jsonl"].map((file) =>
  join(samples, file),
);
const startMs = 20_000;

export interface Program {
  api: URL;
  ingest: URL;
  stop: () => Promise<void>;
}

export async function startProgram(settings: Record<string, string> = {}, files = demo): Promise<Program> {
  const binary = process.env.TAFFRAIL_BIN;
  if (binary === undefined) throw new Error("TAFFRAIL_BIN has to name the program");
  const data = mkdtempSync(join(tmpdir(), "taffrail-web-"));
  execFileSync(binary, ["import", "--cluster", "demo", "--data", data, ...files], { stdio: "ignore" });
  const [apiPort, ingestPort, healthPort] = [await freePort(), await freePort(), await freePort()];
  const child = spawn(binary, ["serve", "--data", data], {
    stdio: "ignore",
    env: {
      ...process.env,
      TAFFRAIL__API__LISTEN: `127.0.0.1:${String(apiPort)}`,
      TAFFRAIL__INGEST__LISTEN: `127.0.0.1:${String(ingestPort)}`,
      TAFFRAIL__HEALTH__LISTEN: `127.0.0.1:${String(healthPort)}`,
      ...settings,
    },
  });
  const exited = new Promise<void>((resolve) =>
    child.once("exit", () => {
      resolve();
    }),
  );
  const scheme = "TAFFRAIL__API__TLS__CERT" in settings ? "https" : "http";
  const api = new URL(`${scheme}://127.0.0.1:${String(apiPort)}`);
  await untilReady(new URL(`http://127.0.0.1:${String(healthPort)}/readyz`), () => child.exitCode !== null);
  return {
    api,
    ingest: new URL(`http://127.0.0.1:${String(ingestPort)}`),
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function untilReady(url: URL, ended: () => boolean): Promise<void> {
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline) {
    if (ended()) throw new Error("the program ended before it was ready");
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // It does not listen yet.
    }
    await pause(50);
  }
  throw new Error(`the program was not ready within ${String(startMs)} ms`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error("no free port"));
      });
    });
  });
}
