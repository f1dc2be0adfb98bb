// A real browser that reports whatever a page must never do.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";

const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
const switches = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface View {
  width: number;
  height: number;
  colours?: "light" | "dark";
}

export interface Visit {
  page: Page;
  /** What went wrong in the page so far: errors, violations of its policy, requests to others. */
  complaints: string[];
}

export class Browser {
  private readonly context: BrowserContext;
  private readonly profile: string;
  private readonly home: string;

  private constructor(context: BrowserContext, profile: string, home: string) {
    this.context = context;
    this.profile = profile;
    this.home = home;
  }

  static async start(home: string, view: View = { width: 1280, height: 860 }): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "taffrail-browser-"));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: executable,
      headless: true,
      args: switches,
      viewport: { width: view.width, height: view.height },
      colorScheme: view.colours ?? "light",
      timezoneId: "Europe/Berlin",
      permissions: ["clipboard-read", "clipboard-write"],
      // Nobody vouches for the certificate that a test has made.
      ignoreHTTPSErrors: true,
      // The page's own policy stays in force, also for what tests do in it.
      bypassCSP: false,
    });
    return new Browser(context, profile, home);
  }

  /** Opens a page; `script` runs in it before anything of its own. */
  async visit(path: string, script?: () => void): Promise<Visit> {
    const page = await this.context.newPage();
    if (script !== undefined) await page.addInitScript(script);
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("request", (asked) => {
      const url = new URL(asked.url());
      if (url.origin !== this.home && url.protocol !== "data:") complaints.push(`request to ${url.origin}`);
    });
    await page.goto(this.home + path);
    return { page, complaints };
  }

  async close(): Promise<void> {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
