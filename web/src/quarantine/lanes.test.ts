import { expect, test } from "vitest";
import type { Quarantine, StoryRow } from "../api/model";
import { sampleEvent } from "../list/sampleEvent";
import { along, effectMarks, intentMarks, markSize, spanOf } from "./lanes";

const quarantine: Quarantine = {
  cluster: "prod",
  object: { cluster: "prod", group: "", resource: "pods", namespace: "default", name: "attacker" },
  uid: "",
  since: "2026-11-23T16:24:00.000000Z",
  until: "2026-11-23T16:26:00.000000Z",
  by: null,
  released_by: null,
  deleted: false,
  policy: null,
  containment: null,
  attempts: 0,
};
const span = spanOf(quarantine, 0);

function row(time: string, given: Partial<StoryRow>): StoryRow {
  return { time, phase: "quarantined", spans_change: false, event: null, rolled_up: null, ...given };
}

test("a quarantine stands in the middle of as much before and after", () => {
  expect(along(span, quarantine.since)).toBeCloseTo(1 / 3);
  expect(along(span, quarantine.until ?? "")).toBeCloseTo(2 / 3);
  expect(along(span, "2026-11-23T16:00:00.000000Z")).toBeNull();
});

test("a quarantine that lasts reaches to now", () => {
  const now = Date.parse("2026-11-23T16:30:00Z");
  expect(spanOf({ ...quarantine, until: null }, now).end).toBe(now);
});

test("what people wrote is intent, and what the network saw is effect", () => {
  const write = sampleEvent("w", "2026-11-23T16:24:30.000000Z");
  const rows = [
    row(write.time, { event: write }),
    row("2026-11-23T16:25:00.000000Z", {
      rolled_up: {
        peer: "service vote/vote",
        peer_ref: { kind: "service", namespace: "vote", name: "vote", ip: null, service: "vote/vote", domain: "" },
        port: 80,
        protocol: "tcp",
        direction: "egress",
        effective_verdict: "denied",
        policy: null,
        flows: 10,
        connections: 100,
        first: "2026-11-23T16:25:00.000000Z",
        last: "2026-11-23T16:25:59.000000Z",
      },
    }),
  ];
  expect(intentMarks(rows, span).map(({ event }) => event.id)).toEqual(["w"]);
  expect(effectMarks(rows, span)).toEqual([
    { at: 0.5, verdict: "denied", attempts: 100, words: "service vote/vote: 100 connections" },
  ]);
});

test("many attempts are a larger mark, and a million still fits", () => {
  expect(markSize(100)).toBe(2 * markSize(1));
  expect(markSize(1_000_000)).toBeGreaterThan(markSize(100));
  expect(markSize(1e30)).toBe(26);
});
