import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { isQueryProblem } from "../api/ask";
import { useAnswer } from "../api/useAnswer";
import { ExportButtons } from "../export/ExportButtons";
import { ExportNote } from "../export/ExportNote";
import type { ExportFormat } from "../export/rowCount";
import { useExport } from "../export/useExport";
import { Failure } from "../shell/Failure";
import { LanesView } from "../lanes/LanesView";
import { useRetry } from "../shell/useRetry";
import { useTitle } from "../shell/useTitle";
import { useCopyLink } from "../shell/useCopyLink";
import { useShortcuts } from "../shell/shortcuts";
import { everything, hourUpTo, isOpen, relativeRanges, resolved, type TimeRange } from "../time/range";
import { ClusterPicker } from "./ClusterPicker";
import { CoverageLine } from "./CoverageLine";
import { EmptyList } from "./EmptyList";
import { EventRows, type EventRowsHandle } from "./EventRows";
import { Histogram } from "./Histogram";
import { listSearch } from "./listState";
import { LiveButton } from "./LiveButton";
import { NoiseChips } from "./NoiseChips";
import { OpeningNote } from "./OpeningNote";
import { PinnedEvent } from "./PinnedEvent";
import { Presets } from "./Presets";
import { askEvents, listQuery, questionOf } from "./question";
import { SearchBox } from "./SearchBox";
import { TermChips } from "./TermChips";
import { TimePicker, type TimePickerHandle } from "./TimePicker";
import { rowsOf } from "./rows";
import { useClusterNames } from "./useClusterNames";
import { useEffects, type Sight } from "./useEffects";
import { useEventList } from "./useEventList";
import { useListCommands } from "./useListCommands";
import { useLiveCoverage } from "./useLiveCoverage";
import { useListState } from "./useListState";
import { useNoiseCounts } from "./useNoiseCounts";
import { useOpeningRange } from "./useOpeningRange";
import { useTail } from "./useTail";
import { ViewSwitch } from "./ViewSwitch";

/** Counts and the histogram follow live events at this pace at most. */
const recountMs = 5_000;

/** What changed, who did it, when. */
export function ChangesPage() {
  const [state, change] = useListState();
  useTitle(state.query === "" ? "Changes" : state.query);
  const [attempt, setAttempt] = useState(0);
  const { copy, toast } = useCopyLink();
  const [recount, setRecount] = useState(0);
  const search = useRef<HTMLInputElement>(null);
  const time = useRef<TimePickerHandle>(null);
  const rowsHandle = useRef<EventRowsHandle>(null);

  const clusters = useClusterNames(state.cluster);
  const question = questionOf(state.query, state.cluster);
  const query = listQuery(state.query, state.cluster, state.shown);
  // The user's own words are asked alone first: an error then has its place in them, and not in what is put around.
  const [checks, setChecks] = useState(0);
  const check = useAnswer(state.query === "" ? null : JSON.stringify([state.query, checks]), (signal) =>
    askEvents(state.query, everything, { limit: 1 }, signal),
  );
  const queryError = isQueryProblem(check.error) ? check.error : null;
  const understood = state.query === "" || (!check.loading && check.error === null);
  const [overtaken, setOvertaken] = useState<string | null>(null);
  const opening = useOpeningRange(state.range, understood ? query : null, attempt, overtaken === query);
  const range = understood ? opening.range : null;
  const list = useEventList(query, range, attempt);
  const counts = useNoiseCounts(question, range, state.shown, recount);
  const [sight, setSight] = useState<Sight | null>(null);
  const { effects, left } = useEffects(sight, state.cluster);

  const follows = understood && range !== null && (isOpen(range) || state.range === null);
  const recountSoon = useRecount(setRecount);
  const { add } = list;
  const take = useCallback(
    (events: Parameters<typeof add>[0]) => {
      add(events);
      recountSoon();
    },
    [add, recountSoon],
  );
  const { error: unchecked } = check;
  const retry = useCallback(() => {
    // The check takes the list away while it is asked, and need not be asked again once it has passed.
    if (unchecked !== null) setChecks((before) => before + 1);
    else setAttempt((before) => before + 1);
  }, [unchecked]);
  const tail = useTail(query, follows, !state.live, take, retry);

  const rows = useMemo(
    () => rowsOf(list.events, effects, state.unfolded, state.zone, list.more),
    [list.events, effects, state.unfolded, state.zone, list.more],
  );
  const inList = state.event !== null && rows.some(({ key }) => key.startsWith(state.event ?? ""));
  const error = check.error ?? opening.error ?? list.error;
  useRetry(error, retry);
  // The recount was put off until the index has what came; until then the hour of long ago stands. A list that is held still keeps it.
  const newest = list.events[0]?.time;
  const [recounted, setRecounted] = useState(recount);
  if (recounted !== recount) {
    setRecounted(recount);
    const isNew = range !== null && newest !== undefined && newest > range.to;
    if (opening.older && isNew && state.live) setOvertaken(query);
  }

  const isLive = follows && state.live && tail.state === "live";
  const coverage = useLiveCoverage(list.coverage, query, isLive ? range : null);

  const saved = useExport();
  const saveAs = (format: ExportFormat) => {
    const total = list.total?.exact === true && list.loading !== "first" ? list.total.value : null;
    if (range !== null) saved.begin(query, range, format, total);
  };

  const otherView = () => {
    change({ view: state.view === "list" ? "lanes" : "list" });
  };
  const toggleLive = () => {
    change({ live: !state.live }, "replace");
  };
  const chooseTime = () => time.current?.open();
  const copyLink = () => {
    const fixed = range === null ? null : resolved(range, new Date());
    copy(`${location.origin}/?${listSearch({ ...state, range: fixed }).toString()}`);
  };
  useShortcuts({
    "/": () => search.current?.focus(),
    j: () => rowsHandle.current?.move(1),
    k: () => rowsHandle.current?.move(-1),
    ArrowDown: () => rowsHandle.current?.move(1),
    ArrowUp: () => rowsHandle.current?.move(-1),
    "[": () => rowsHandle.current?.moveToHuman(1),
    "]": () => rowsHandle.current?.moveToHuman(-1),
    Escape: () => {
      if (state.event !== null) change({ event: null });
    },
    t: otherView,
    d: chooseTime,
    y: copyLink,
  });
  useListCommands(state, range !== null, {
    onView: otherView,
    onLive: toggleLive,
    onTime: chooseTime,
    onCopy: copyLink,
    onExport: saveAs,
  });

  return (
    <main className="changes">
      <h1 className="unseen">Changes</h1>
      <div className="asking">
        <SearchBox
          ref={search}
          query={state.query}
          range={range}
          error={queryError}
          onSearch={(text) => {
            if (error !== null) retry();
            change({ query: text, event: null });
          }}
        />
        <div className="asking-when">
          <ClusterPicker
            names={clusters}
            cluster={state.cluster}
            onPick={(cluster) => {
              change({ cluster, event: null });
            }}
          />
          <TimePicker
            ref={time}
            range={opening.range}
            onPick={(picked) => {
              change({ range: picked });
            }}
          />
          <LiveButton
            follows={follows}
            live={state.live}
            state={tail.state}
            waiting={tail.waiting}
            onToggle={toggleLive}
            onGoLive={() => {
              change({ range: relativeRanges[1] ?? null, live: true });
            }}
          />
        </div>
      </div>
      <TermChips query={state.query} onChange={change} />
      <div className="narrowing">
        <ViewSwitch state={state} onChange={change} />
        <ExportButtons ready={range !== null} onExport={saveAs} />
        <Presets state={state} onPick={change} />
        <NoiseChips
          shown={state.shown}
          counts={counts}
          onToggle={(shown) => {
            change({ shown });
          }}
        />
      </div>
      <ExportNote {...saved} />
      {range !== null && (
        <Histogram
          query={query}
          range={spanShown(range, list.events[0]?.time)}
          refresh={recount}
          zoom={state.view === "lanes" ? state.zoom : null}
          gaps={coverage?.gaps ?? []}
          onZoom={(picked) => {
            change({ range: picked });
          }}
        />
      )}
      {opening.older && range !== null && (
        <OpeningNote
          range={range}
          searched={question !== ""}
          onAll={() => {
            change({ range: everything });
          }}
        />
      )}
      <CoverageLine
        coverage={understood ? coverage : null}
        total={understood ? list.total : null}
        loading={understood && error === null && list.loading !== null}
        lag={tail.lag}
        onLagSeen={tail.clearLag}
        effectsLeft={rows.length > 0 && understood ? left : 0}
      />
      {error !== null && queryError === null && <Failure error={error} onRetry={retry} />}
      {state.view === "list" && state.event !== null && !inList && list.loading !== "first" && understood && (
        <PinnedEvent
          id={state.event}
          note="not in the list below: of another time, or hidden as noise"
          state={state}
          onChange={change}
        />
      )}
      {error === null && understood && list.loading !== "first" && rows.length === 0 && range !== null && (
        <EmptyList state={state} range={range} question={question} query={query} counts={counts} onChange={change} />
      )}
      {state.view === "lanes" && understood && range !== null && (rows.length > 0 || state.event !== null) && (
        <LanesView
          query={query}
          range={spanShown(range, list.events[0]?.time)}
          refresh={recount}
          state={state}
          onChange={change}
        />
      )}
      {state.view === "list" && understood && rows.length > 0 && (
        <EventRows
          ref={rowsHandle}
          rows={rows}
          state={state}
          busy={list.loading === "first"}
          more={list.more}
          onMore={list.loadMore}
          onSight={setSight}
          onChange={change}
        />
      )}
      {toast}
    </main>
  );
}

/** All there is ends with the newest event: what nobody has written yet takes no room in the histogram. */
function spanShown(range: TimeRange, newest: string | undefined): TimeRange {
  if (range.from !== everything.from || !isOpen(range) || newest === undefined) return range;
  return { from: range.from, to: hourUpTo(newest).to };
}

/** Calls for a recount, now or when the last one is old enough. */
function useRecount(setRecount: (next: (before: number) => number) => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      setRecount((before) => before + 1);
    }, recountMs);
  }, [setRecount]);
}
