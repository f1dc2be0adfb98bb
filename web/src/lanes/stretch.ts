// The arithmetic of zooming and panning: which part of the time is seen, and where it lies in pixels.

/** From one moment to another, in milliseconds since 1970. */
export interface Stretch {
  begin: number;
  end: number;
}

/** Nearer than this, marks only drift apart and the axis has nothing left to say. */
const leastMs = 50;

/** `factor` times as much time is seen; what is at `share` of the width stays where it is. */
export function zoomed(seen: Stretch, all: Stretch, share: number, factor: number): Stretch {
  const length = clamp((seen.end - seen.begin) * factor, leastMs, Math.max(leastMs, all.end - all.begin));
  const held = seen.begin + (seen.end - seen.begin) * share;
  return within({ begin: held - length * share, end: held + length * (1 - share) }, all);
}

/** Moved by a share of what is seen; positive goes later. */
export function panned(seen: Stretch, all: Stretch, share: number): Stretch {
  const by = (seen.end - seen.begin) * share;
  return within({ begin: seen.begin + by, end: seen.end + by }, all);
}

export function toPixel({ begin, end }: Stretch, time: number, width: number): number {
  return ((time - begin) / Math.max(1, end - begin)) * width;
}

export function toTime({ begin, end }: Stretch, pixel: number, width: number): number {
  return begin + (pixel / Math.max(1, width)) * (end - begin);
}

const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
];
const dayMs = 86_400_000;

/** Round moments, at most `most` of them. */
export function ticks({ begin, end }: Stretch, most: number): number[] {
  const least = (end - begin) / Math.max(1, most);
  const step = steps.find((known) => known >= least) ?? Math.ceil(least / dayMs) * dayMs;
  const found: number[] = [];
  for (let at = Math.ceil(begin / step) * step; at <= end; at += step) found.push(at);
  return found;
}

function within({ begin, end }: Stretch, all: Stretch): Stretch {
  const length = end - begin;
  if (length >= all.end - all.begin) return all;
  const first = clamp(begin, all.begin, all.end - length);
  return { begin: first, end: first + length };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
