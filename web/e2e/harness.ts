import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { Browser, type View, type Visit } from "./browser";
import { startProgram, type Program } from "./program";
import { servePage } from "./serve";

export interface Harness {
  /** Opens a page, which has to stay free of complaints until the test is over. */
  visit: (path: string) => Promise<Page>;
  program: () => Program;
  home: () => string;
  /** For what a test makes the page complain about on purpose. */
  allow: (complaint: RegExp) => void;
}

/** The program with the samples, the built page in front of it, and a browser, for the tests of one file. */
export function pageHarness(view?: View, settings: Record<string, string> = {}): Harness {
  let program: Program | undefined;
  let served: { url: string; close: () => Promise<void> } | undefined;
  let browser: Browser | undefined;
  let visits: Visit[] = [];
  let allowed: RegExp[] = [];

  beforeAll(async () => {
    program = await startProgram(settings);
    served = await servePage(program.api);
    browser = await Browser.start(served.url, view);
  });
  afterEach(async () => {
    const complaints = visits.flatMap((visit) => visit.complaints);
    const pages = visits.map(({ page }) => page.close());
    const expected = allowed;
    visits = [];
    allowed = [];
    await Promise.all(pages);
    expect(complaints.filter((complaint) => !expected.some((known) => known.test(complaint)))).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await program?.stop();
  });

  return {
    visit: async (path) => {
      const visit = await started(browser).visit(path);
      visits.push(visit);
      return visit.page;
    },
    program: () => started(program),
    home: () => started(served).url,
    allow: (complaint) => {
      allowed.push(complaint);
    },
  };
}

function started<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error("the tests have not begun");
  return thing;
}
