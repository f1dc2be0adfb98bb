// What “taffrail doctor” looks at, in its words, so that whoever goes from the page to the machine finds the same there.
import type { StatusBody } from "../api/model";
import { counted } from "../text/count";
import { sizeInWords } from "../text/size";
import { lengthInWords } from "../time/length";
import { advice, urgent, type Finding } from "./finding";
import { gapFindings, recentMs } from "./gapChecks";
import { shownTime, sinceMs, type PointOfView } from "./pointOfView";
import { sourceFindings } from "./sourceChecks";
import { turnedAwayFinding } from "./turnedAway";

/** Below this a disk is full soon, whatever its size. */
const littleRoomBytes = 2 * 1024 ** 3;
/** Acknowledged to searchable is a second or two. */
const longLagMs = 30_000;
const fewDays = 7;
const certificateSoonMs = 14 * 86_400_000;
const certificateUrgentMs = 3 * 86_400_000;

/** Resources whose changes people ask for by field, and whose bodies hold no secrets. */
const wantedWithBodies = new Set([
  "pods",
  "deployments",
  "statefulsets",
  "daemonsets",
  "services",
  "networkpolicies",
  "clusterrolebindings",
  "rolebindings",
]);

/** Everything that is wrong, what loses events first. */
export function findingsOf(status: StatusBody, view: PointOfView): Finding[] {
  const found = [
    ...troubles(status),
    ...nothingReceived(status),
    ...sourceFindings(status.sources, view),
    ...refused(status, view),
    ...status.ingest.turned_away
      .filter(({ last }) => sinceMs(last, view) < recentMs)
      .map((sender) => turnedAwayFinding(sender, view)),
    ...certificates(status, view),
    ...notifications(status),
    ...lag(status),
    ...disk(status),
    ...room(status),
    ...gapFindings(status, view),
    ...deadLetters(status),
    ...missingBodies(status),
    ...status.warnings.map((warning) =>
      advice("settings", "a setting gives something up", warning, "See docs/configuration.md"),
    ),
  ];
  return [...found.filter((finding) => finding.urgent), ...found.filter((finding) => !finding.urgent)];
}

/** What the server itself says is in its way. */
function troubles({ ingest, index, journal }: StatusBody): Finding[] {
  const found: Finding[] = [];
  if (ingest.trouble !== null) {
    const fix = "Make room, or see what the server's log says; it goes on by itself then";
    found.push(urgent("accepting", "no events are accepted", ingest.trouble, fix));
  }
  if (index.trouble !== null) {
    const fix = "What came in is safe in the journal; see the server's log, and restart it when the cause is gone";
    found.push(urgent("indexing", "what comes in does not become searchable", index.trouble, fix));
  }
  if (journal.trouble !== null) {
    const fix = "Look at the disk and at the permissions of the data directory";
    found.push(urgent("journal", "the journal does not give back what is indexed", journal.trouble, fix));
  }
  return found;
}

/** The cluster of the program's own records: every look at these pages makes some. */
const own = "taffrail";

export function hasNothing({ clusters, sources }: StatusBody): boolean {
  return clusters.every(({ name }) => name === own) && sources.every(({ cluster }) => cluster === own);
}

function nothingReceived(status: StatusBody): Finding[] {
  if (!hasNothing(status)) return [];
  return [
    urgent(
      "no-events",
      "no event has ever been received",
      "no API server sends to this address yet, or none gets through",
      "“taffrail setup PLATFORM --cluster NAME” prints what to configure",
    ),
  ];
}

/** The receiver was slower than its senders. */
function refused({ ingest }: StatusBody, view: PointOfView): Finding[] {
  if (ingest.last_refused === null || sinceMs(ingest.last_refused, view) >= recentMs) return [];
  return [
    urgent(
      "refused",
      `${counted(ingest.refused, "request")} told to come back, the last one at ${shownTime(ingest.last_refused, view)}`,
      "more came in at once than this server takes (memory, disk); API servers give up after about 80 s",
      "See what the server's log says at that time; raise ingest.budget_bytes, make room on the disk, or let it have more CPU",
    ),
  ];
}

function certificates(status: StatusBody, view: PointOfView): Finding[] {
  return status.certificates.flatMap(({ listener, not_after }) => {
    const leftMs = -sinceMs(not_after, view);
    if (leftMs >= certificateSoonMs) return [];
    const found = advice(
      "certificate",
      `the certificate of the ${listener} listener ${leftMs < 0 ? "ended" : "ends"} at ${shownTime(not_after, view)}`,
      "with a certificate that has ended, nobody connects any more",
      `Replace the files of ${listener}.tls; the server reads them again by itself`,
    );
    return { ...found, urgent: leftMs < certificateUrgentMs };
  });
}

function notifications({ notify }: StatusBody): Finding[] {
  return notify.flatMap(({ name, url, waiting, trouble }) =>
    trouble === null
      ? []
      : urgent(
          "notify",
          `${name} takes no events at ${url}; ${counted(waiting, "event")} waiting`,
          trouble,
          "Look at the receiver, and at url, token and ca of the target in the settings; what waits is sent by itself then",
        ),
  );
}

/** Records that are durable and cannot be found yet. */
export function waitingRecords({ journal }: StatusBody): number {
  return Math.max(0, journal.end - Math.max(journal.searchable, journal.first));
}

function lag(status: StatusBody): Finding[] {
  const { lag_ms } = status.coverage;
  if (lag_ms < longLagMs) return [];
  const waiting = counted(waitingRecords(status), "record");
  return [
    urgent(
      "lag",
      `answers are ${lengthInWords(lag_ms / 1_000)} behind`,
      `${waiting} still to be read from the journal: more comes in than this machine indexes, or it catches up after a stop`,
      "If it does not shrink, give the machine more CPU, or drop what nobody asks for (ingest.drop, the audit policy)",
    ),
  ];
}

function disk({ disk: { free_bytes } }: StatusBody): Finding[] {
  if (free_bytes === null || free_bytes >= littleRoomBytes) return [];
  return [
    urgent(
      "disk",
      `${sizeInWords(free_bytes)} of disk are left`,
      "when it is full, nothing more is accepted and API servers drop what they have",
      "Make room, or lower the limits of index.retention",
    ),
  ];
}

/** The byte limit takes events before their age does. */
function room({ retention }: StatusBody): Finding[] {
  const { used_bytes, max_bytes, days_left, removed_by_bytes } = retention;
  const soon = days_left !== null && days_left < fewDays;
  const bites = removed_by_bytes.events > 0;
  if (!soon && !bites) return [];
  return [
    advice(
      "room",
      soon && !bites
        ? `in ${days_left} days the oldest events are removed to make room`
        : "the oldest events are removed to make room",
      `${sizeInWords(used_bytes)} of ${max_bytes === null ? "all of the disk" : sizeInWords(max_bytes)} are used (index.retention.max_bytes)`,
      "Raise the limit, shorten the ages of index.retention, or drop what nobody asks for (ingest.drop, the audit policy)",
    ),
  ];
}

function deadLetters({ dead_letters: { stored } }: StatusBody): Finding[] {
  if (stored === 0) return [];
  return [
    advice(
      "dead-letters",
      `${counted(stored, "record")} could not be decoded`,
      "something sends what is no audit event, or cuts events on the way",
      "“taffrail deadletters” shows where they came from and why they were not understood",
    ),
  ];
}

function missingBodies({ levels }: StatusBody): Finding[] {
  const byCluster = new Map<string, string[]>();
  for (const { cluster, resource, levels: seen } of levels) {
    if (!wantedWithBodies.has(resource) || "RequestResponse" in seen) continue;
    byCluster.set(cluster, [...(byCluster.get(cluster) ?? []), resource]);
  }
  return [...byCluster].map(([cluster, resources]) =>
    advice(
      "bodies",
      `changes of ${resources.join(", ")} in ${cluster} come without what they changed`,
      "the audit policy logs them below the level RequestResponse",
      "“taffrail setup PLATFORM” prints a policy that keeps what the answers need",
    ),
  );
}
