import { clockTime, type ZoneChoice } from "./zone";

const relative = /^(?:now|now[+-]\S+|-\d+(?:ms|s|m|h|d|w|mo|y))$/;
const offsetTime = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/;
const localTime =
  /^(?:(\d{4})-(\d{2})-(\d{2})(?:[T ]|$)|(today|yesterday)(?: |$))?(?:(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?$/;

/**
 * What somebody typed, as the API takes it; null where it is no time. The API reads times without a zone as UTC, so
 * those are put into the zone that the page shows. What is relative stays so.
 */
export function readTypedTime(typed: string, zone: ZoneChoice, now: Date): string | null {
  const text = typed.trim();
  if (relative.test(text)) return text;
  if (offsetTime.test(text)) return new Date(text.replace(" ", "T")).toISOString();
  const match = localTime.exec(text);
  if (match === null || text === "") return null;
  const [, year, month, day, word, hour = "0", minute = "0", second = "0", fraction = "0"] = match;
  const clock = [Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, "0"))] as const;
  if (clock[0] > 23 || clock[1] > 59 || clock[2] > 59) return null;
  const date =
    year !== undefined
      ? [Number(year), Number(month) - 1, Number(day)]
      : dateOf(now, zone, word === "yesterday" ? 1 : 0);
  return instant(date, clock, zone);
}

function dateOf(now: Date, zone: ZoneChoice, daysBefore: number): number[] {
  const [year = 0, month = 1, day = 1] = clockTime(now.toISOString(), zone).day.split("-").map(Number);
  return [year, month - 1, day - daysBefore];
}

/** When the clocks of the zone say this. What they leave out in spring is as much later as they are put forward. */
function instant(date: number[], clock: readonly [number, number, number, number], zone: ZoneChoice): string | null {
  const [year = 0, month = 0, day = 1] = date;
  // Not Date.UTC, which takes the year 1 for 1901.
  const moment = new Date(0);
  moment.setUTCFullYear(year, month, day);
  const said = moment.setUTCHours(...clock);
  if (Number.isNaN(said)) return null;
  const first = said - aheadOfUtc(said, zone);
  const time = said - aheadOfUtc(first, zone);
  return new Date(time + aheadOfUtc(time, zone) === said ? time : Math.max(first, time)).toISOString();
}

function aheadOfUtc(time: number, zone: ZoneChoice): number {
  const { day, clock, fraction } = clockTime(new Date(time).toISOString(), zone);
  return Date.parse(`${day}T${clock}${fraction}Z`) - time;
}
