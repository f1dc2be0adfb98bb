import { useState } from "react";
import { Refusal } from "../api/ask";
import type { Quarantine } from "../api/model";
import { usePolled } from "../api/usePolled";
import { CoverageLine } from "../list/CoverageLine";
import { go, useAddress } from "../shell/address";
import { useCommands } from "../palette/command";
import { Failure } from "../shell/Failure";
import { useCopyLink } from "../shell/useCopyLink";
import { useShortcuts } from "../shell/shortcuts";
import { useTitle } from "../shell/useTitle";
import { useZone } from "../shell/zone";
import { counted } from "../text/count";
import { visible } from "../text/visible";
import { askStory, type Pod, type Story } from "./askStory";
import { AttemptTable } from "./AttemptTable";
import { StatusStrip } from "./StatusStrip";
import { readStoryState, reaches, storySearch, type StoryState } from "./storyAddress";
import { StoryLanes } from "./StoryLanes";
import { StoryRows } from "./StoryRows";
import { WhatWasFound } from "./WhatWasFound";

const refreshMs = 15_000;

/** One pod under quarantine: who isolated it, whom it talked to before, and what it has tried since. */
export function StoryPage({ cluster, namespace, pod }: Pod) {
  const { path, search } = useAddress();
  const zone = useZone();
  const state = readStoryState(new URLSearchParams(search));
  const { copy, toast } = useCopyLink();
  const copyLink = () => {
    copy(location.href);
  };
  useCommands([{ id: "copy", name: "Copy a link to this", words: "share address url", keys: "y", run: copyLink }]);
  useShortcuts({
    y: copyLink,
  });
  useTitle(`Quarantine of ${namespace}/${pod}`);
  const key = JSON.stringify([cluster, namespace, pod, state]);
  const [asked, setAsked] = useState({ key, pages: 1 });
  const pages = asked.key === key ? asked.pages : 1;
  const {
    body: story,
    error,
    loading,
    refresh,
  } = usePolled<Story>(key, refreshMs, (signal) => askStory({ cluster, namespace, pod }, state, pages, signal));
  const showMore = () => {
    setAsked({ key, pages: pages + 1 });
    refresh();
  };
  const change = (changed: Partial<StoryState>) => {
    go(path, storySearch({ ...state, ...changed }, zone));
  };
  return (
    <main className="story">
      <div className="page">
        <h1>
          <span className="quiet">Quarantine of pod </span>
          {visible(`${namespace}/${pod}`)}
        </h1>
        {error !== null &&
          (error instanceof Refusal && error.problem.status === 404 ? (
            <p>No quarantine of this pod was recorded.</p>
          ) : (
            <Failure error={error} onRetry={refresh} />
          ))}
        {story === null && loading && <p className="quiet">Looking…</p>}
        {story !== null && <StoryBodyView story={story} state={state} onMore={showMore} onChange={change} />}
      </div>
      <CoverageLine coverage={story?.body.coverage ?? null} total={null} loading={loading} lag={null} effectsLeft={0} />
      {toast}
    </main>
  );
}

interface BodyProps {
  story: Story;
  state: StoryState;
  onMore: () => void;
  onChange: (change: Partial<StoryState>) => void;
}

function StoryBodyView({ story: { body, label }, state, onMore, onChange }: BodyProps) {
  const { events: rows, next } = body;
  const quarantine = chosen(body.quarantines, state.since);
  return (
    <>
      {quarantine !== undefined && <StatusStrip quarantine={quarantine} label={label} />}
      <WhatWasFound rows={rows} advice={body.advice} />
      {quarantine !== undefined && <StoryLanes quarantine={quarantine} rows={rows} />}
      <AttemptTable attempts={body.attempts} total={body.attempts_total} cluster={quarantine?.cluster ?? ""} />
      <div className="story-rows-title">
        <h2>Row by row</h2>
        <label>
          reaching{" "}
          <select
            value={state.reach}
            onChange={(event) => {
              onChange({ reach: reaches.find((reach) => reach === event.target.value) ?? "1h" });
            }}
          >
            {reaches.map((reach) => (
              <option key={reach} value={reach}>
                {reach}
              </option>
            ))}
          </select>{" "}
          to either side
        </label>
      </div>
      <StoryRows rows={rows} />
      {next !== null && (
        <button type="button" onClick={onMore}>
          Show more of {counted(body.events_total, "row")}
        </button>
      )}
    </>
  );
}

function chosen(quarantines: readonly Quarantine[], since: string): Quarantine | undefined {
  return quarantines.find((quarantine) => quarantine.since === since) ?? quarantines.at(-1);
}
