import { createContext, useContext } from "react";
import { fullTime, zoneName, type ZoneChoice } from "../time/zone";

const Zone = createContext<ZoneChoice>("local");

export const ZoneProvider = Zone.Provider;

export function useZone(): ZoneChoice {
  return useContext(Zone);
}

/** A moment in the zone of the page, with the zone's name in its tooltip. */
export function Time({ at }: { at: string }) {
  const zone = useZone();
  return (
    <time dateTime={at} title={`${at} · shown in ${zoneName(zone)}`}>
      {fullTime(at, zone)}
    </time>
  );
}
