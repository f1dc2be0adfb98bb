import type { ReactNode } from "react";
import { Refusal } from "../api/ask";
import type { ObjectName } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { CoverageLine } from "../list/CoverageLine";
import { useCommands } from "../palette/command";
import { Failure } from "../shell/Failure";
import { objectPath } from "../shell/place";
import { useTitle } from "../shell/useTitle";
import { useCopyLink } from "../shell/useCopyLink";
import { useShortcuts } from "../shell/shortcuts";
import { visible } from "../text/visible";
import { Access } from "./Access";
import { AsItWas } from "./AsItWas";
import { askHistory, type History } from "./askHistory";
import { ObjectHeader } from "./ObjectHeader";
import { views, type ObjectState, type ObjectView } from "./objectState";
import { Related } from "./Related";
import { useObjectState, type ChangeObject } from "./useObjectState";
import { VersionsPane } from "./VersionsPane";

const titles: Record<ObjectView, string> = {
  history: "History",
  state: "As it was, line by line",
  access: "Who looked into it",
  related: "What has to do with it",
};

/** What became of one object, and who did it. */
export function ObjectPage({ object }: { object: ObjectName }) {
  const [state, change] = useObjectState();
  const { copy, toast } = useCopyLink();
  useTitle(`${object.resource} ${object.name}`);
  const key = JSON.stringify([object, state.status]);
  const { body, error } = useAnswer(key, (signal) => askHistory(object, state.status, signal));
  const step = (by: 1 | -1) => {
    if (body !== null) change(stepped(body, state, by));
  };
  const copyLink = () => {
    copy(location.href);
  };
  useCommands([{ id: "copy", name: "Copy a link to this", words: "share address url", keys: "y", run: copyLink }]);
  useShortcuts({
    y: copyLink,
    j: () => {
      step(1);
    },
    k: () => {
      step(-1);
    },
    ArrowDown: () => {
      step(1);
    },
    ArrowUp: () => {
      step(-1);
    },
  });
  if (error instanceof Refusal && error.problem.status === 404) return <Unknown object={object} />;
  return (
    <main className="object-page">
      <ObjectHeader object={object} history={body} />
      <nav className="tabs" aria-label="About this object">
        {views.map((view) => (
          <button
            key={view}
            type="button"
            aria-current={state.view === view ? "page" : undefined}
            onClick={() => {
              change({ view });
            }}
          >
            {titles[view]}
          </button>
        ))}
      </nav>
      {error !== null && <Failure error={error} />}
      {body === null && error === null && <p className="page quiet">Looking…</p>}
      {body !== null && viewOf(object, body, state, change)}
      <CoverageLine
        coverage={body?.coverage ?? null}
        total={null}
        loading={body === null && error === null}
        lag={null}
        effectsLeft={0}
      />
      {toast}
    </main>
  );
}

function viewOf(object: ObjectName, history: History, state: ObjectState, change: ChangeObject): ReactNode {
  switch (state.view) {
    case "history":
      return <VersionsPane history={history} state={state} onChange={change} />;
    case "state":
      return <AsItWas object={object} history={history} state={state} onChange={change} />;
    case "access":
      return <Access object={object} state={state} />;
    case "related":
      return <Related object={object} state={state} />;
  }
}

/** The next older or newer version, in whichever view is open. */
function stepped({ versions }: History, state: ObjectState, by: 1 | -1): Partial<ObjectState> {
  const current = state.view === "state" ? state.at : state.after;
  const index = current === null ? 0 : versions.findIndex(({ n }) => n === current);
  const next = versions[index + by];
  if (next === undefined) return {};
  return state.view === "state" ? { at: next.n } : { before: null, after: next.n };
}

function Unknown({ object }: { object: ObjectName }) {
  return (
    <main className="page">
      <h1>{visible(object.name)}</h1>
      <p>
        No write of this object was recorded: it was made before recording began, or the audit policy leaves it out, or
        the name is another one ({visible(objectPath(object))}).
      </p>
    </main>
  );
}
