import { useState } from "react";
import { ask, Refusal } from "../api/ask";
import type { Quarantine, QuarantinesBody, StoryBody, StoryRow } from "../api/model";
import { useAnswer } from "../api/useAnswer";
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
import { AttemptTable } from "./AttemptTable";
import { StatusStrip } from "./StatusStrip";
import { readStoryState, reaches, storySearch, type StoryState } from "./storyAddress";
import { StoryLanes } from "./StoryLanes";
import { StoryRows } from "./StoryRows";
import { WhatWasFound } from "./WhatWasFound";

interface Props {
  cluster: string;
  namespace: string;
  pod: string;
}

interface Story {
  body: StoryBody;
  label: string;
}

/** One pod under quarantine: who isolated it, whom it talked to before, and what it has tried since. */
export function StoryPage({ cluster, namespace, pod }: Props) {
  const { path, search } = useAddress();
  const utc = useZone() === "utc";
  const state = readStoryState(new URLSearchParams(search));
  const parts = [cluster, namespace, pod].map(encodeURIComponent).join("/");
  const { copy, toast } = useCopyLink();
  const copyLink = () => {
    copy(location.href);
  };
  useCommands([{ id: "copy", name: "Copy a link to this", words: "share address url", keys: "y", run: copyLink }]);
  useShortcuts({
    y: copyLink,
  });
  useTitle(`Quarantine of ${namespace}/${pod}`);
  const key = JSON.stringify([parts, state]);
  const parameters = { since: state.since, before: state.reach, after: state.reach };
  const {
    body: story,
    error,
    loading,
  } = useAnswer<Story>(key, async (signal) => {
    const [body, { label }] = await Promise.all([
      ask<StoryBody>(`quarantine/${parts}`, parameters, signal),
      ask<QuarantinesBody>("quarantine", { cluster, ns: namespace }, signal),
    ]);
    return { body, label };
  });
  const change = (changed: Partial<StoryState>) => {
    go(path, storySearch({ ...state, ...changed }, utc));
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
            <Failure error={error} />
          ))}
        {story === null && loading && <p className="quiet">Looking…</p>}
        {story !== null && (
          <StoryBodyView
            key={key}
            story={story}
            state={state}
            more={(cursor) => ask<StoryBody>(`quarantine/${parts}`, { ...parameters, cursor })}
            onChange={change}
          />
        )}
      </div>
      <CoverageLine coverage={story?.body.coverage ?? null} total={null} loading={loading} lag={null} effectsLeft={0} />
      {toast}
    </main>
  );
}

interface BodyProps {
  story: Story;
  state: StoryState;
  more: (cursor: string) => Promise<StoryBody>;
  onChange: (change: Partial<StoryState>) => void;
}

function StoryBodyView({ story: { body, label }, state, more, onChange }: BodyProps) {
  const [rows, setRows] = useState<readonly StoryRow[]>(body.events);
  const [next, setNext] = useState(body.next);
  const [error, setError] = useState<Error | null>(null);
  const quarantine = chosen(body.quarantines, state.since);
  const showMore = () => {
    if (next === null) return;
    more(next).then(
      (page) => {
        setRows([...rows, ...page.events]);
        setNext(page.next);
      },
      (reason: unknown) => {
        setError(reason instanceof Error ? reason : new Error(String(reason)));
      },
    );
  };
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
        <button type="button" onClick={showMore}>
          Show more of {counted(body.events_total, "row")}
        </button>
      )}
      {error !== null && <Failure error={error} onRetry={showMore} />}
    </>
  );
}

function chosen(quarantines: readonly Quarantine[], since: string): Quarantine | undefined {
  return quarantines.find((quarantine) => quarantine.since === since) ?? quarantines.at(-1);
}
