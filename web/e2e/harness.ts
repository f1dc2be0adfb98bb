import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { Browser, type View, type Visit } from "./browser";
import { startProgram, type Program } from "./program";

export interface Harness {
  /** Opens a page, which has to stay free of complaints until the test is over. */
  visit: (path: string) => Promise<Page>;
  program: () => Program;
  home: () => string;
  /** For what a test makes the page complain about on purpose. */
  allow: (complaint: RegExp) => void;
}

/** The program with the samples and its own page, and a browser, for the tests of one file. */
export function pageHarness(view?: View, settings: Record<string, string> = {}): Harness {
  let program: Program | undefined;
  let browser: Browser | undefined;
  let visits: Visit[] = [];
  let allowed: RegExp[] = [];

  beforeAll(async () => {
    program = await startProgram(settings);
    browser = await Browser.start(program.api.origin, view);
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
    await program?.stop();
  });

  return {
    visit: async (path) => {
      const visit = await started(browser).visit(path);
      visits.push(visit);
      return visit.page;
    },
    program: () => started(program),
    home: () => started(program).api.origin,
    allow: (complaint) => {
      allowed.push(complaint);
    },
  };
}

function started<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error("the tests have not begun");
  return thing;
}
