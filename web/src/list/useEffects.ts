import { useEffect, useState } from "react";
import { ask } from "../api/ask";
import type { AuditEvent, EventBody } from "../api/model";
import { allOf } from "../query/noise";
import { askEvents, questionOf } from "./question";
import type { Effect } from "./rows";

/** The stretch of time of the rows in sight. */
export interface Sight {
  newest: string;
  oldest: string;
}

export interface Effects {
  effects: readonly Effect[];
  /** How many changes of the control plane in sight were not asked for what led to them. */
  left: number;
}

/** As many are asked for what led to them at once. Each is a question of its own. */
const mostLookedAt = 300;
const questionsAtOnce = 4;
/** Controllers answer a change within seconds. */
const reachMs = 120_000;
/** A list that is being scrolled shows many stretches for a moment only. */
const restMs = 200;

// What the API server writes for itself has no owner, and so no cause that anybody could find.
const systemChanges =
  "by:(system OR controller OR node) -user:system:apiserver -change:none -statusonly:true -resource:(leases OR events)";

// What led to an event never changes while the page is open, and is asked for once. A page that is open all day must
// not grow all day: the ones that were found first are forgotten, and asked for again when they come into sight.
const known = new Map<string, Effect>();
const mostKnown = 5_000;

/** What the control plane did because of the changes in sight. */
export function useEffects(sight: Sight | null, cluster: string): Effects {
  const [found, setFound] = useState<Effects>({ effects: [], left: 0 });
  const newest = sight?.newest;
  const oldest = sight?.oldest;
  useEffect(() => {
    if (newest === undefined || oldest === undefined) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      lookUp({ newest, oldest }, cluster, abort.signal).then(
        (left) => {
          setFound({ effects: [...known.values()], left });
        },
        () => {
          // The list stands without it, and the next stretch in sight asks anew.
        },
      );
    }, restMs);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [newest, oldest, cluster]);
  return found;
}

/** Fills `known` for a stretch of time, and says how many changes in it were left out. */
async function lookUp({ newest, oldest }: Sight, cluster: string, signal: AbortSignal): Promise<number> {
  const to = new Date(Date.parse(newest) + reachMs).toISOString();
  const query = allOf([questionOf("", cluster), systemChanges]);
  const { events, total } = await askEvents(query, { from: oldest, to }, { limit: mostLookedAt, order: "asc" }, signal);
  const open = events.filter(({ id }) => !known.has(id));
  const askInTurn = async () => {
    for (let event = open.shift(); event !== undefined && !signal.aborted; event = open.shift()) {
      known.set(event.id, await effectOf(event, signal));
    }
  };
  await Promise.all(Array.from({ length: questionsAtOnce }, askInTurn));
  for (const id of [...known.keys()].slice(0, Math.max(0, known.size - mostKnown))) known.delete(id);
  return total.value - events.length;
}

async function effectOf(event: AuditEvent, signal: AbortSignal): Promise<Effect> {
  // The list of events does not say what led to them; the event alone does, and brings its record along.
  const { because } = await ask<EventBody>(`events/${event.id}`, {}, signal);
  return { event, because };
}
