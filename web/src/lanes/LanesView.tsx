import { useCallback, useMemo, useState } from "react";
import type { LaneEvent } from "../api/model";
import type { ListState } from "../list/listState";
import { PinnedEvent } from "../list/PinnedEvent";
import type { ChangeList } from "../list/useListState";
import { Failure } from "../shell/Failure";
import { counted, grouped } from "../text/count";
import type { TimeRange } from "../time/range";
import { LaneMenu } from "./LaneMenu";
import { Lanes } from "./Lanes";
import { LaneTable } from "./LaneTable";
import { mergePixels } from "./paint";
import { sceneOf, stretchOf } from "./scene";
import { treeOf } from "./tree";
import { useTimeline } from "./useTimeline";

interface Props {
  query: string;
  range: TimeRange;
  refresh: number;
  state: ListState;
  onChange: ChangeList;
}

/** The events of the question side by side. */
export function LanesView({ query, range, refresh, state, onChange }: Props) {
  const { body, error, loading } = useTimeline(query, range, state.by, refresh);
  const [chosen, setChosen] = useState<string | null>(null);
  const all = useMemo(() => (body === null ? null : stretchOf(body)), [body]);
  const lanes = useMemo(
    () => (body === null || all === null ? [] : sceneOf(treeOf(body.lanes), state.by, all)),
    [body, all, state.by],
  );
  const zoom = useCallback(
    (zoomed: TimeRange | null) => {
      onChange({ zoom: zoomed }, "replace");
    },
    [onChange],
  );
  if (error !== null) return <Failure error={error} />;
  if (body === null || all === null) return <p className="quiet lane-note">Looking…</p>;

  const picked = lanes.find(({ id }) => id === chosen);
  const cut = lanes.filter(({ lane }) => lane.truncated).length;
  const open = (event: LaneEvent) => {
    onChange({ event: event.id });
  };
  return (
    <section className="lanes-view" aria-label="Lanes" aria-busy={loading}>
      <p className="quiet lane-note">
        {grouped(body.lanes.length)} of {counted(body.lanes_total, "lane")}, those touched by people first.
        {body.lanes_total > body.lanes.length && " A narrower question shows the others."}
        {cut > 0 && ` ${counted(cut, "lane")} with more events than fit: only the newest of them are drawn.`} Marks less
        than {mergePixels} pixels apart are drawn as one; zoom in to tell them apart.
      </p>
      <Lanes
        // Another stretch of time begins with all of it in sight.
        key={JSON.stringify(range)}
        zoom={state.zoom}
        onZoom={zoom}
        lanes={lanes}
        gaps={body.coverage.gaps}
        all={all}
        chosen={chosen}
        onChoose={setChosen}
        onOpen={open}
        onRange={(picked) => {
          onChange({ range: picked });
        }}
      >
        {picked !== undefined && <LaneMenu lane={picked.lane} query={state.query} onChange={onChange} />}
      </Lanes>
      {state.event !== null && (
        <PinnedEvent id={state.event} note="the event that you opened" state={state} onChange={onChange} />
      )}
      <LaneTable lanes={lanes} onOpen={open} />
    </section>
  );
}
