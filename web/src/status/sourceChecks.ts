// What the sources show: who is silent, whose clock is wrong, who sends late, twice, or without bodies.
import type { SourceStatus } from "../api/model";
import { counted, grouped } from "../text/count";
import { lengthInWords } from "../time/length";
import { advice, urgent, type Finding } from "./finding";
import { shownTime, sinceMs, type PointOfView } from "./pointOfView";

/** A clock that is so far ahead puts events out of order with those of other machines. */
const skewMs = 2_000;
/** An API server's own default is 30 s; with the flags that taffrail setup prints, it is seconds. */
const lateMs = 20_000;
/** A source whose rhythm is not known yet is not missed for so long. */
const quietMs = 3_600_000;
/** Nor is it missed for ever: the node may be gone. */
const goneMs = 3 * 86_400_000;
/** Duplicates are a matter of course after a retry; a third of everything is not. */
const twiceShare = 3;
const fewRecords = 1_000;

type Check = (source: SourceStatus, view: PointOfView) => Finding | null;

export function sourceFindings(sources: readonly SourceStatus[], view: PointOfView): Finding[] {
  return sources.filter(sendsByItself).flatMap((source) => checks.flatMap((check) => check(source, view) ?? []));
}

/** Imports begin and end as people like. */
export function sendsByItself({ via }: SourceStatus): boolean {
  return via === "webhook" || via === "file";
}

function nameOf({ source, cluster }: SourceStatus): string {
  return `${source} of ${cluster}`;
}

const unreadable: Check = (source) =>
  source.trouble === null
    ? null
    : urgent(
        "reading",
        `${nameOf(source)} cannot be read`,
        source.trouble,
        "See whether the file is there, and whether Taffrail may read it",
      );

const silent: Check = (source, view) => {
  if (source.silent_since === null) return null;
  return urgent(
    "silence",
    `${nameOf(source)} has been silent since ${shownTime(source.silent_since, view)}`,
    "the API server is down, was replaced, or does not get through",
    source.via === "file"
      ? "See whether the API server still writes that file, and whether Taffrail may read it"
      : "See whether that API server runs; its log says “audit” when it cannot deliver, and its metric apiserver_audit_error_total counts what it dropped",
  );
};

const quiet: Check = (source, view) => {
  if (source.silent_since !== null || source.last_received === null) return null;
  const since = sinceMs(source.last_received, view);
  if (since < quietMs || since >= goneMs) return null;
  return advice(
    "quiet",
    `${nameOf(source)} was last heard at ${shownTime(source.last_received, view)}`,
    "nothing happened there, or nothing gets through; it has not spoken often enough to tell",
    "Do something in the cluster (kubectl get pods) and look again",
  );
};

const clock: Check = (source) => {
  if (source.lag_ms === null || source.lag_ms > -skewMs) return null;
  return advice(
    "clock",
    `the clock of ${nameOf(source)} is ${lengthInWords(-source.lag_ms / 1_000)} ahead of this machine's`,
    "one of the two clocks is wrong, so events of different machines stand in the wrong order",
    "Set both by NTP: “timedatectl” says whether a machine is synchronised",
  );
};

const late: Check = (source) => {
  if (source.lag_ms === null || source.lag_ms < lateMs || source.via !== "webhook") return null;
  return advice(
    "late",
    `events of ${nameOf(source)} come ${lengthInWords(source.lag_ms / 1_000)} late`,
    "the API server collects events for up to 30 s before it sends them, or sends what it could not deliver before",
    "Set --audit-webhook-batch-max-wait=5s on the API server",
  );
};

const twice: Check = (source) => {
  const { records, duplicates } = source;
  if (records < fewRecords || duplicates * twiceShare < records) return null;
  return advice(
    "twice",
    `${grouped(duplicates)} of ${counted(records, "record")} of ${nameOf(source)} were there already`,
    "another source brings the same events, or the API server sends again what was acknowledged too late for it",
    "Nothing is stored twice; to save the work, keep one source, and see that nothing between the two holds answers up",
  );
};

const truncated: Check = (source) => {
  if (source.truncated === 0) return null;
  return advice(
    "truncated",
    `${counted(source.truncated, "record")} of ${nameOf(source)} came without bodies`,
    "the API server (or a shipper on the way) cuts large events off",
    "Raise --audit-webhook-truncate-max-event-size to 1048576 or more, or read the audit log file too",
  );
};

const checks: readonly Check[] = [unreadable, silent, quiet, clock, late, twice, truncated];
