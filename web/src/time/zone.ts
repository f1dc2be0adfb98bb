// Times are kept as the API writes them, UTC with microseconds; here they get the zone in which they are shown.

/** `local` for the browser's zone, `utc`, or the IANA name of another one. */
export type ZoneChoice = string;

/** The IANA name of the zone: never an offset, which would be wrong for half of the year. */
export function zoneName(choice: ZoneChoice): string {
  if (choice === "utc") return "UTC";
  return choice === "local" ? Intl.DateTimeFormat().resolvedOptions().timeZone : choice;
}

/** The zone in an address; the browser's own where it names none, or none that there is. */
export function readZone(search: URLSearchParams): ZoneChoice {
  const zone = search.get("zone") ?? "local";
  if (zone === "local" || zone === "utc") return zone;
  try {
    Intl.DateTimeFormat("en-GB", { timeZone: zone });
    // Some browsers take offsets for zones.
    return /^[+-]/.test(zone) ? "local" : zone;
  } catch {
    return "local";
  }
}

/** Puts the zone into an address; the browser's own is not written. */
export function writeZone(search: URLSearchParams, zone: ZoneChoice): void {
  if (zone === "local") search.delete("zone");
  else search.set("zone", zone);
}

/** What an address needs to keep the zone. */
export function zoneParameter(zone: ZoneChoice): Record<string, string> {
  return zone === "local" ? {} : { zone };
}

export interface ClockTime {
  /** 2026-11-23 */
  day: string;
  /** 17:11:23 */
  clock: string;
  /** .418 */
  fraction: string;
}

export function clockTime(timestamp: string, choice: ZoneChoice): ClockTime {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of clockFormat(zoneName(choice)).formatToParts(new Date(timestamp))) parts[type] = value;
  return {
    // The fourth digit is not there for the years before 1000.
    day: `${(parts.year ?? "").padStart(4, "0")}-${parts.month ?? ""}-${parts.day ?? ""}`,
    clock: `${parts.hour ?? ""}:${parts.minute ?? ""}:${parts.second ?? ""}`,
    fraction: (/\.\d{3}/.exec(timestamp) ?? [".000"])[0],
  };
}

/** "Monday, 23 November 2026" */
export function dayTitle(timestamp: string, choice: ZoneChoice): string {
  return format("day", zoneName(choice), {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  }).format(new Date(timestamp));
}

/** "2026-11-23 17:11:23.418", for places that say the zone elsewhere. */
export function fullTime(timestamp: string, choice: ZoneChoice): string {
  const { day, clock, fraction } = clockTime(timestamp, choice);
  return `${day} ${clock}${fraction}`;
}

export function minuteTime(timestamp: string, choice: ZoneChoice): string {
  const { day, clock } = clockTime(timestamp, choice);
  return `${day} ${clock.slice(0, 5)}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function clockFormat(timeZone: string): Intl.DateTimeFormat {
  return format("clock", timeZone, {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
}

// Making a format takes far longer than using one, and a list has thousands of times.
function format(kind: string, timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${kind} ${timeZone}`;
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
    formats.set(key, made);
  }
  return made;
}
