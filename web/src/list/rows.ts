// The rows of the list: days, the events of each, and under a change what the control plane did because of it.
import type { AuditEvent, Cause } from "../api/model";
import { clockTime, dayTitle, type ZoneChoice } from "../time/zone";
import { shortId } from "./listState";

/** A change of the control plane, and what led to it, the nearest cause first. */
export interface Effect {
  event: AuditEvent;
  because: readonly Cause[];
}

export interface NestedEffect {
  event: AuditEvent;
  /** 0 where the shown change is the nearest cause. */
  depth: number;
  guess: boolean;
}

export interface Day {
  kind: "day";
  key: string;
  title: string;
  events: number;
  /** Whether the rest of the day may lie on pages that were not loaded yet. */
  open: boolean;
}

export type Row =
  | Day
  | { kind: "event"; key: string; event: AuditEvent; effects: readonly NestedEffect[]; unfolded: boolean }
  | { kind: "effect"; key: string; effect: NestedEffect };

/** For every shown event the effects that lead back to it; of several shown causes the one that began it. */
export function nestUnderCause(
  shown: readonly AuditEvent[],
  effects: readonly Effect[],
): ReadonlyMap<string, readonly NestedEffect[]> {
  const ids = new Set(shown.map(({ id }) => id));
  const nested = new Map<string, NestedEffect[]>();
  for (const { event, because } of effects) {
    const depth = because.findLastIndex(({ event_id }) => ids.has(event_id));
    const cause = because[depth];
    if (cause === undefined) continue;
    const guess = because.slice(0, depth + 1).some((link) => link.guess);
    const siblings = nested.get(cause.event_id) ?? [];
    siblings.push({ event, depth, guess });
    nested.set(cause.event_id, siblings);
  }
  for (const siblings of nested.values()) siblings.sort((a, b) => (a.event.time < b.event.time ? -1 : 1));
  return nested;
}

export function rowsOf(
  events: readonly AuditEvent[],
  effects: readonly Effect[],
  unfolded: ReadonlySet<string>,
  zone: ZoneChoice,
  more = false,
): Row[] {
  const nested = nestUnderCause(events, effects);
  const underCause = new Set([...nested.values()].flat().map(({ event }) => event.id));
  const rows: Row[] = [];
  let day = null as Day | null;
  for (const event of events) {
    if (underCause.has(event.id)) continue;
    const key = clockTime(event.time, zone).day;
    if (day?.key !== key) {
      day = { kind: "day", key, title: dayTitle(event.time, zone), events: 0, open: false };
      rows.push(day);
    }
    day.events += 1;
    const own = nested.get(event.id) ?? [];
    const open = unfolded.has(shortId(event.id));
    rows.push({ kind: "event", key: event.id, event, effects: own, unfolded: open });
    if (open) rows.push(...own.map((effect): Row => ({ kind: "effect", key: effect.event.id, effect })));
  }
  if (day !== null) day.open = more;
  return rows;
}

/** The event that a row stands for; days stand for none. */
export function eventOf(row: Row | undefined): AuditEvent | null {
  if (row === undefined || row.kind === "day") return null;
  return row.kind === "event" ? row.event : row.effect.event;
}

/** The nearest row from `index` on, in steps of `step`, of which `wanted` is true; -1 if there is none. */
export function nearestRow(
  rows: readonly Row[],
  index: number,
  step: 1 | -1,
  wanted: (event: AuditEvent) => boolean,
): number {
  for (let at = index + step; at >= 0 && at < rows.length; at += step) {
    const event = eventOf(rows[at]);
    if (event !== null && wanted(event)) return at;
  }
  return -1;
}

export function isHumanChange(event: AuditEvent): boolean {
  return event.actor?.type === "human" && event.change !== null && event.change.type !== "none";
}
