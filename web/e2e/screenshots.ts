// Pictures of every page for the documentation: light, dark, and in a narrow window.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { Browser, type View } from "./browser";
import { startProgram } from "./program";
import { sendEvent } from "./sendEvent";

interface Picture {
  name: string;
  path: string;
  /** What has to be there before the picture is taken. */
  ready: (page: Page) => Promise<void>;
}

const all = "from=all&zone=utc";

const pictures: readonly Picture[] = [
  {
    name: "changes",
    path: "/?zone=utc",
    ready: async (page) => {
      await page.getByText("removed label quarantine").waitFor();
      await page
        .getByRole("button", { name: /followed$/ })
        .first()
        .waitFor();
    },
  },
  {
    name: "event",
    path: `/?${all}&q=name:web+resource:deployments`,
    ready: async (page) => {
      await page.getByRole("button", { name: /scaled deployment shop-a\/web from 3 to 5/ }).click();
      await page.getByRole("cell", { name: "5" }).waitFor();
    },
  },
  {
    name: "lanes",
    path: `/?${all}&q=ns:shop-a&view=lanes`,
    ready: async (page) => {
      await page.getByRole("button", { name: /deployment shop-a\/web/ }).waitFor();
      await page.locator(".lanes canvas").hover({ position: { x: 60, y: 90 } });
      await page.locator(".lane-neighbours li").first().waitFor();
    },
  },
  {
    name: "object-history",
    path: "/objects/demo/apps/deployments/shop-a/web?after=31&zone=utc",
    ready: (page) => page.locator(".diff .come mark").first().waitFor(),
  },
  {
    name: "object-split",
    path: "/objects/demo/apps/deployments/shop-a/web?before=1&after=52&shape=split&zone=utc",
    ready: (page) => page.locator(".diff .come mark").first().waitFor(),
  },
  {
    name: "object-state",
    path: "/objects/demo/core/pods/default/attacker?view=state&zone=utc",
    ready: (page) => page.locator(".blamed a").first().waitFor(),
  },
  {
    name: "object-access",
    path: "/objects/demo/core/pods/shop-a/attacker?view=access&zone=utc",
    ready: (page) => page.getByText("opened a shell").first().waitFor(),
  },
  {
    name: "object-related",
    path: "/objects/demo/apps/deployments/vote/vote?view=related&zone=utc",
    ready: (page) => page.getByText("What it owns").waitFor(),
  },
  {
    name: "quarantines",
    path: "/quarantine?zone=utc",
    ready: (page) => page.getByText("default/attacker").waitFor(),
  },
  {
    name: "quarantine",
    path: "/quarantine/demo/default/attacker?zone=utc",
    ready: (page) => page.locator(".effect-mark").first().waitFor(),
  },
  {
    name: "commands",
    path: "/?zone=utc",
    ready: async (page) => {
      await page.getByText("removed label quarantine").waitFor();
      await page.getByRole("button", { name: "Commands" }).click();
      await page.keyboard.type("attack");
      await page.getByRole("option", { name: /pods in default/ }).waitFor();
    },
  },
];

/** Of a program to which something is sent; the pages above open on the samples only while nothing newer is there. */
const livePictures: readonly Picture[] = [
  {
    name: "status",
    path: "/status?zone=utc",
    ready: async (page) => {
      await page.getByText("All is well").waitFor();
      await page.getByText("not JSON").waitFor();
    },
  },
];

const views: Record<string, View> = {
  light: { width: 1280, height: 860 },
  dark: { width: 1280, height: 860, colours: "dark" },
  narrow: { width: 400, height: 800 },
};

export async function main([folder]: string[]): Promise<void> {
  if (folder === undefined) throw new Error("name the folder for the pictures: npm run screenshots -- DIR");
  mkdirSync(folder, { recursive: true });
  const program = await startProgram();
  try {
    await take(program.api.origin, pictures, folder);
    await sendEvent(program.ingest, "settings");
    await fetch(new URL("/v1/audit/demo", program.ingest), { method: "POST", body: "no event" });
    await take(program.api.origin, livePictures, folder);
  } finally {
    await program.stop();
  }
}

async function take(home: string, wanted: readonly Picture[], folder: string): Promise<void> {
  for (const [viewName, view] of Object.entries(views)) {
    const browser = await Browser.start(home, view);
    for (const picture of wanted) {
      const { page, complaints } = await browser.visit(picture.path);
      await picture.ready(page);
      await page.screenshot({ path: join(folder, `${picture.name}-${viewName}.png`) });
      if (complaints.length > 0) throw new Error(`${picture.name}, ${viewName}: ${complaints.join("; ")}`);
      await page.close();
    }
    await browser.close();
  }
}
