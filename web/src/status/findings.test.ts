import { expect, test } from "vitest";
import type { SourceStatus, StatusBody } from "../api/model";
import { findingsOf } from "./findings";
import { sampleNow, sampleSource, sampleStatus } from "./sampleStatus";
import { verdictOf } from "./verdict";

const view = { now: sampleNow, zone: "utc" as const };
const well = sampleStatus();

function found(status: StatusBody): string[] {
  return findingsOf(status, view).map(({ check, problem }) => `${check}: ${problem}`);
}

function verdict(status: StatusBody): string {
  const { tone, sentence, more } = verdictOf(status, findingsOf(status, view), view);
  return `${tone}: ${[sentence, more].join(" ").trim()}`;
}

test("of a server that is well there is nothing to say but that it is", () => {
  expect(found(well)).toEqual([]);
  expect(verdict(well)).toBe("well: All is well: records last came in 3s ago.");
});

test("a server that never received anything says so first", () => {
  const empty = sampleStatus({ clusters: [], sources: [], levels: [] });
  expect(found(empty)).toEqual(["no-events: no event has ever been received"]);
  expect(verdict(empty)).toBe("bad: Nothing has ever come in.");
  const looked = { ...empty, sources: [sampleSource({ cluster: "taffrail", source: "api", via: "taffrail" })] };
  expect(verdict(looked)).toBe("bad: Nothing has ever come in.");
});

test("what loses events comes first, whatever is looked at first", () => {
  const status = sampleStatus({
    sources: [
      sampleSource({ lag_ms: -2_500 }),
      sampleSource({ source: "b", silent_since: "2026-11-23T15:50:00.000000Z" }),
    ],
    disk: { free_bytes: 1_073_741_824 },
    dead_letters: { stored: 2, bytes: 900, received: 5 },
  });
  expect(found(status)).toEqual([
    "silence: b of prod has been silent since 2026-11-23 15:50:00",
    "disk: 1.0 GiB of disk are left",
    "clock: the clock of webhook:10.0.0.2 of prod is 2s ahead of this machine's",
    "dead-letters: 2 records could not be decoded",
  ]);
  expect(verdict(status)).toBe(
    "bad: Something is wrong: b of prod has been silent since 2026-11-23 15:50:00. And 1 more problem.",
  );
});

test("hours without a record are the answer, even if nobody knows that something is wrong", () => {
  const status = sampleStatus({ sources: [sampleSource({ last_received: "2026-11-23T12:55:00.000000Z" })] });
  expect(found(status)).toEqual(["quiet: webhook:10.0.0.2 of prod was last heard at 2026-11-23 12:55:00"]);
  expect(verdict(status)).toBe("doubtful: Nothing has come in for 3h 5m. 1 thing could be better.");
});

test("imports are late and quiet as they like", () => {
  const status = sampleStatus({
    sources: [sampleSource({ via: "import", lag_ms: 9e9, last_received: "2026-11-23T09:00:00Z" })],
  });
  expect(found(status)).toEqual([]);
  expect(verdict(status)).toContain("well: Nothing is wrong, but nothing comes in by itself");
});

test.each<[Partial<SourceStatus>, string]>([
  [{ via: "file", trouble: "permission denied" }, "reading: webhook:10.0.0.2 of prod cannot be read"],
  [{ lag_ms: 30_100 }, "late: events of webhook:10.0.0.2 of prod come 30s late"],
  [{ duplicates: 900 }, "twice: 900 of 2,500 records of webhook:10.0.0.2 of prod were there already"],
  [{ truncated: 1 }, "truncated: 1 record of webhook:10.0.0.2 of prod came without bodies"],
])("a source with %j is found", (given, problem) => {
  expect(found(sampleStatus({ sources: [sampleSource(given)] }))).toEqual([problem]);
});

test("gaps of one kind are one finding; old ones, and bodies that are missing, are none", () => {
  const gap = { cluster: "prod", source: "webhook", reason: "the disk was full", lost: null };
  const at = (from: string, to: string, lost: number | null = null) => ({ ...gap, from, to, lost });
  const gaps = [
    at("2026-11-23T10:00:00Z", "2026-11-23T10:01:00Z"),
    at("2026-11-23T12:00:00Z", "2026-11-23T12:05:00Z"),
    at("2026-11-23T13:00:00Z", "2026-11-23T13:05:00Z", 0),
    at("2026-11-20T12:00:00Z", "2026-11-20T12:05:00Z"),
  ];
  expect(found(sampleStatus({ coverage: { ...well.coverage, gaps } }))).toEqual([
    "gap: records of prod, webhook are missing between 2026-11-23 12:00:00 and 2026-11-23 12:05:00, the newest of 2 such gaps of the last day",
  ]);
});

test("a source that is silent now is not told of as a gap as well", () => {
  const since = "2026-11-23T15:50:00.000000Z";
  const gaps = [
    { cluster: "prod", source: "s", from: since, to: "2026-11-23T16:00:00Z", lost: null, reason: "silent" },
  ];
  const sources = [sampleSource({ source: "s", silent_since: since })];
  expect(found(sampleStatus({ sources, coverage: { ...well.coverage, gaps } }))).toHaveLength(1);
});

test("what the server says of itself, its senders, its certificates and its targets is found", () => {
  const turnedAway = {
    sender: "10.0.0.9",
    reason: "login_failed",
    detail: "no credential is like the one shown",
    path: "/v1/audit/prod",
    requests: 3,
    last: "2026-11-23T15:59:00.000000Z",
  };
  const status = sampleStatus({
    ingest: { ...well.ingest, trouble: "the disk is full", turned_away: [turnedAway] },
    certificates: [
      { listener: "api", not_after: "2026-12-03T16:00:00.000000Z" },
      { listener: "ingest", not_after: "2026-11-23T15:00:00.000000Z" },
    ],
    notify: [
      {
        name: "team",
        url: "https://h/x",
        query: "kind:gap",
        sent: 12,
        failed: 3,
        refused: 0,
        missed: 0,
        waiting: 2,
        behind: 0,
        catching_up: false,
        last_sent: null,
        last_failure: { time: "2026-11-23T15:59:00.000000Z", reason: "answered 500" },
        trouble: "answered 500",
      },
    ],
    coverage: { ...well.coverage, lag_ms: 65_000 },
    levels: [
      { cluster: "prod", resource: "pods", levels: { Metadata: 3 } },
      { cluster: "prod", resource: "secrets", levels: { Metadata: 3 } },
    ],
    warnings: ["allow_insecure is on"],
  });
  expect(found(status)).toEqual([
    "accepting: no events are accepted",
    "turned-away: 3 requests of 10.0.0.9 to /v1/audit/prod refused (login_failed), the last one at 2026-11-23 15:59:00; what was in it is lost unless it comes another way",
    "certificate: the certificate of the ingest listener ended at 2026-11-23 15:00:00",
    "notify: team takes no events at https://h/x; 2 events waiting",
    "lag: answers are 1m 5s behind",
    "certificate: the certificate of the api listener ends at 2026-12-03 16:00:00",
    "bodies: changes of pods in prod come without what they changed",
    "settings: a setting gives something up",
  ]);
});

test("the limit on bytes is told of before it bites, and after", () => {
  const soon = { ...well.retention, days_left: 5 };
  const bitten = { ...well.retention, removed_by_bytes: { splits: 1, events: 9, bytes: 10 } };
  expect(found(sampleStatus({ retention: soon }))).toEqual([
    "room: in 5 days the oldest events are removed to make room",
  ]);
  expect(found(sampleStatus({ retention: bitten }))).toEqual(["room: the oldest events are removed to make room"]);
});
