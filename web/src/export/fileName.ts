import { everything, resolvePoint, type TimeRange } from "../time/range";
import type { ExportFormat } from "./rowCount";

/** Says of which time the file is: whoever finds it a year later has nothing but its name. */
export function fileName(range: TimeRange, format: ExportFormat, now: Date): string {
  const from = range.from === everything.from ? "beginning" : point(range.from, now);
  return `taffrail-${from}-to-${point(range.to, now)}.${format}`;
}

/** In UTC, without the colons that some file systems do not take. */
function point(written: string, now: Date): string {
  const time = resolvePoint(written, now);
  if (time === null) return written.replace(/[^\w.+-]+/g, "_");
  const [day = "", clock = ""] = time.toISOString().split("T");
  return `${day}T${clock.slice(0, 8).replaceAll(":", "")}Z`;
}
