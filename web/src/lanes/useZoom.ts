import { useEffect, useState } from "react";
import type { TimeRange } from "../time/range";
import type { Stretch } from "./stretch";

/** So long nothing moves before the address follows: browsers take only so many addresses a second. */
const stillMs = 250;

type SetZoom = (next: (before: Stretch | null) => Stretch | null) => void;

/**
 * The part of the time that is in sight, null for all of it. It moves at once, and the address with it when it has come to rest; an
 * address that comes from elsewhere, as by the back button, moves it.
 */
export function useZoom(
  address: TimeRange | null,
  onZoom: (zoom: TimeRange | null) => void,
): [Stretch | null, SetZoom] {
  const there = textOf(address);
  const [near, setNear] = useState(() => stretchIn(address));
  const [known, setKnown] = useState(there);
  const [written, setWritten] = useState(there);
  if (known !== there) {
    setKnown(there);
    if (there !== written) {
      setWritten(there);
      setNear(stretchIn(address));
    }
  }
  const here = textOf(rangeOf(near));
  useEffect(() => {
    if (here === written) return;
    const timer = setTimeout(() => {
      setWritten(here);
      onZoom(rangeOf(near));
    }, stillMs);
    return () => {
      clearTimeout(timer);
    };
  }, [here, written, near, onZoom]);
  return [near, setNear];
}

function textOf(range: TimeRange | null): string {
  return range === null ? "" : `${range.from}~${range.to}`;
}

function stretchIn(range: TimeRange | null): Stretch | null {
  return range === null ? null : { begin: Date.parse(range.from), end: Date.parse(range.to) };
}

function rangeOf(stretch: Stretch | null): TimeRange | null {
  if (stretch === null) return null;
  return { from: new Date(stretch.begin).toISOString(), to: new Date(stretch.end).toISOString() };
}
