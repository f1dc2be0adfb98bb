// A status for unit tests: what a test does not name is that of a server that is well.
import type { SourceStatus, StatusBody } from "../api/model";

export const sampleNow = new Date("2026-11-23T16:00:00Z");

const none = { splits: 0, events: 0, bytes: 0 };

export function sampleSource(given: Partial<SourceStatus> = {}): SourceStatus {
  return {
    cluster: "prod",
    source: "webhook:10.0.0.2",
    via: "webhook",
    records: 2_500,
    bytes: 5_000_000,
    bytes_per_day: 5_000_000,
    records_per_second: 12.3,
    duplicates: 3,
    truncated: 0,
    first_event: "2026-11-20T00:00:00.000000Z",
    last_event: "2026-11-23T15:59:56.000000Z",
    first_received: "2026-11-20T00:00:01.000000Z",
    last_received: "2026-11-23T15:59:57.000000Z",
    lag_ms: 900,
    lag_bytes: null,
    gaps: 0,
    silent_since: null,
    requests: 30,
    dead_letters: 0,
    cut: 0,
    folded_flows: 0,
    skipped: 0,
    trouble: null,
    ...given,
  };
}

export function sampleStatus(given: Partial<StatusBody> = {}): StatusBody {
  return {
    version: "0.1.0",
    started: "2026-11-23T14:00:00.000000Z",
    uptime_s: 7_200,
    data: "/data",
    warnings: [],
    api: { url: "http://127.0.0.1:8585" },
    ingest: {
      url: "http://127.0.0.1:8586",
      in_flight_bytes: 0,
      budget_bytes: 268_435_456,
      trouble: null,
      refused: 0,
      last_refused: null,
      turned_away: [],
      drop: [],
      folded_flows: 0,
    },
    journal: { first: 1_000, end: 2_500, durable: 2_500, searchable: 2_500, bytes: 2_048, trouble: null },
    index: {
      documents: 1_234_567,
      splits: 3,
      bytes: 5_000_000,
      last_commit: "2026-11-23T15:59:58.000000Z",
      counts: { read: 10, kept: 7, folded: 2, duplicate: 1, held: 0, conflicts: 0, expired: 0 },
      trouble: null,
    },
    dead_letters: { stored: 0, bytes: 0, received: 0 },
    retention: {
      used_bytes: 5_242_880,
      max_bytes: 10_485_760_000,
      bytes_per_day: 1_048_576,
      days_left: 500,
      removed_by_age: none,
      removed_by_bytes: none,
    },
    disk: { free_bytes: 50_000_000_000 },
    clusters: [
      {
        name: "prod",
        first: "2026-11-20T00:00:00.000000Z",
        last: "2026-11-23T15:59:56.000000Z",
        events: 1_234_567,
      },
    ],
    sources: [sampleSource()],
    certificates: [],
    levels: [{ cluster: "prod", resource: "pods", levels: { RequestResponse: 9 } }],
    notify: [],
    coverage: { complete_to: "2026-11-23T16:00:00.000000Z", lag_ms: 0, partial: false, gaps: [], removed: [] },
    ...given,
  };
}
