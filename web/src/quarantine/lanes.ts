// Where the marks of a story stand: intent above, as people and programs wrote it; effect below, as the network saw it.
import type { AuditEvent, Quarantine, StoryRow } from "../api/model";

export interface Span {
  begin: number;
  end: number;
}

export type Verdict = "denied" | "allowed" | "observed";

export interface EffectMark {
  at: number;
  verdict: Verdict;
  attempts: number;
  words: string;
}

export interface IntentMark {
  at: number;
  event: AuditEvent;
}

const leastReachMs = 30_000;

/** The quarantine and as much beside it that one sees what was different before and after. */
export function spanOf({ since, until }: Quarantine, now: number): Span {
  const begin = Date.parse(since);
  const end = until === null ? now : Date.parse(until);
  const reach = Math.max(leastReachMs, end - begin);
  return { begin: begin - reach, end: until === null ? end : end + reach };
}

/** How far along the span a time lies, 0 to 1; null where it lies outside. */
export function along({ begin, end }: Span, time: string): number | null {
  const share = (Date.parse(time) - begin) / Math.max(1, end - begin);
  return share < 0 || share > 1 ? null : share;
}

export function intentMarks(rows: readonly StoryRow[], span: Span): IntentMark[] {
  return rows.flatMap(({ event, time }) => {
    const at = along(span, time);
    return event === null || event.kind === "flow" || at === null ? [] : [{ at, event }];
  });
}

export function effectMarks(rows: readonly StoryRow[], span: Span): EffectMark[] {
  return rows.flatMap(({ event, rolled_up, time }) => {
    const at = along(span, time);
    if (at === null) return [];
    if (rolled_up !== null) {
      const words = `${rolled_up.peer}: ${String(rolled_up.connections)} connections`;
      return [{ at, verdict: verdictOf(rolled_up.effective_verdict), attempts: rolled_up.connections, words }];
    }
    if (event?.flow == null) return [];
    return [
      {
        at,
        verdict: verdictOf(event.flow.effective_verdict),
        attempts: event.flow.connections ?? 1,
        words: event.summary,
      },
    ];
  });
}

/** The width of a mark in pixels: a hundred times as many attempts are twice as wide. */
export function markSize(attempts: number): number {
  return Math.min(26, Math.round(8 + 4 * Math.log10(Math.max(1, attempts))));
}

function verdictOf(verdict: string): Verdict {
  if (verdict === "denied" || verdict === "rejected") return "denied";
  return verdict === "allowed" ? "allowed" : "observed";
}
