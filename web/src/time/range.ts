// The stretch of time on screen, in the API's words: RFC 3339, or relative to now.
import { minuteTime, type ZoneChoice } from "./zone";

export interface TimeRange {
  from: string;
  to: string;
}

export interface NamedRange extends TimeRange {
  name: string;
}

export const relativeRanges: readonly NamedRange[] = [
  { name: "Last 15 minutes", from: "now-15m", to: "" },
  { name: "Last hour", from: "now-1h", to: "" },
  { name: "Last 6 hours", from: "now-6h", to: "" },
  { name: "Last 24 hours", from: "now-24h", to: "" },
  { name: "Last 7 days", from: "now-7d", to: "" },
  { name: "Last 30 days", from: "now-30d", to: "" },
];

/** From the first event on; the API says so by no `from` at all, which here means that nobody has chosen a range. */
export const everything: TimeRange = { from: "all", to: "" };

export function rangeParameters(range: TimeRange): { from: string; to: string } {
  return { from: range.from === everything.from ? "" : range.from, to: range.to };
}

/** Whether new events can still fall into it. */
export function isOpen(range: TimeRange): boolean {
  return range.to === "" || range.to === "now";
}

export function rangeTitle(range: TimeRange, zone: ZoneChoice): string {
  const named = relativeRanges.find(({ from, to }) => from === range.from && to === range.to);
  if (named !== undefined) return named.name;
  if (range.from === everything.from && range.to === "") return "All there is";
  const begin = range.from === everything.from ? "the beginning" : pointTitle(range.from, zone);
  const end = pointTitle(range.to, zone) || "now";
  // The day is said once where it is the same.
  const sameDay = /^\d{4}-/.test(begin) && begin.slice(0, 10) === end.slice(0, 10);
  return `${begin} – ${sameDay ? end.slice(11) : end}`;
}

/** The stretch around one moment, `minutes` to either side. */
export function around(timestamp: string, minutes: number): TimeRange {
  const middle = Date.parse(timestamp);
  return {
    from: new Date(middle - minutes * 60_000).toISOString(),
    to: new Date(middle + minutes * 60_000).toISOString(),
  };
}

/** The hour that ends with the minute of this moment. */
export function hourUpTo(timestamp: string): TimeRange {
  const end = Math.floor(Date.parse(timestamp) / 60_000) * 60_000 + 60_000;
  return { from: new Date(end - 3_600_000).toISOString(), to: new Date(end).toISOString() };
}

/** The same range up to and with all events of one moment, to the microsecond: so exact are the times of events. */
export function through(range: TimeRange, time: string): TimeRange {
  const [seconds = time, fraction = "0"] = time.replace("Z", "").split(".");
  const micros = Number(fraction.padEnd(6, "0").slice(0, 6)) + 1;
  const carry = micros === 1_000_000;
  const second = new Date(Date.parse(`${seconds}Z`) + (carry ? 1_000 : 0)).toISOString().slice(0, 19);
  return { from: range.from, to: `${second}.${String(carry ? 0 : micros).padStart(6, "0")}Z` };
}

const unitsMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** The moment that is meant; null where only the server can tell. */
export function resolvePoint(point: string, now: Date): Date | null {
  if (point === "" || point === "now") return now;
  const relative = /^(?:now)?-(\d+)([smhdw])$/.exec(point);
  if (relative !== null) return new Date(now.getTime() - Number(relative[1]) * (unitsMs[relative[2] ?? ""] ?? 0));
  const seconds = /^@(\d+)$/.exec(point);
  if (seconds !== null) return new Date(Number(seconds[1]) * 1000);
  const time = Date.parse(point);
  return Number.isNaN(time) ? null : new Date(time);
}

/** The same range with nothing relative left, so that a copied link shows tomorrow what it shows now. */
export function resolved(range: TimeRange, now: Date): TimeRange {
  return {
    from: range.from === everything.from ? range.from : (resolvePoint(range.from, now)?.toISOString() ?? range.from),
    to: resolvePoint(range.to, now)?.toISOString() ?? range.to,
  };
}

function pointTitle(point: string, zone: ZoneChoice): string {
  const time = Date.parse(point);
  return Number.isNaN(time) ? point : minuteTime(new Date(time).toISOString(), zone);
}
