import { fullTime, type ZoneChoice } from "../time/zone";

/** When the status is looked at, and in which zone times are written. */
export interface PointOfView {
  now: Date;
  zone: ZoneChoice;
}

/** To the second, as in everything that is said of a source. */
export function shownTime(timestamp: string, { zone }: PointOfView): string {
  return fullTime(timestamp, zone).slice(0, 19);
}

export function sinceMs(timestamp: string, { now }: PointOfView): number {
  return now.getTime() - Date.parse(timestamp);
}
