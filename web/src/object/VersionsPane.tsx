import { Refusal } from "../api/ask";
import { ask } from "../api/ask";
import type { DiffBody, ObjectVersion } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { DiffOptions } from "../diff/DiffOptions";
import { DiffView } from "../diff/DiffView";
import type { Json } from "../diff/noise";
import { Failure } from "../shell/Failure";
import type { History } from "./askHistory";
import { chosenPair, type Pair } from "./chosenPair";
import type { ObjectState } from "./objectState";
import type { ChangeObject } from "./useObjectState";
import { VersionList } from "./VersionList";

/** The versions of an object, and what is different between two of them. */
export function VersionsPane({
  history,
  state,
  onChange,
}: {
  history: History;
  state: ObjectState;
  onChange: ChangeObject;
}) {
  const pair = chosenPair(history.versions, state.before, state.after);
  return (
    <div className="versions-pane">
      <VersionList history={history} pair={pair} state={state} onChange={onChange} />
      <section className="version-diff" aria-label="Difference">
        {pair === null ? (
          <p className="quiet">
            This version is not in the list. It may have changed nothing but the status: show those too.
          </p>
        ) : (
          <VersionDiff pair={pair} state={state} onChange={onChange} />
        )}
      </section>
    </div>
  );
}

function VersionDiff({ pair, state, onChange }: { pair: Pair; state: ObjectState; onChange: ChangeObject }) {
  const { before, after } = pair;
  const key = JSON.stringify([before?.event.id ?? null, after.event.id]);
  const { body, error, loading } = useAnswer(key, async (signal) => {
    const [old, fresh] = await Promise.all([
      before === null ? null : stateAfter(before, signal),
      stateAfter(after, signal),
    ]);
    return { old, fresh };
  });
  const titles = [before === null ? "nothing" : `version ${before.n}`, `version ${after.n}`] as const;
  return (
    <>
      <div className="version-diff-title">
        <h2>
          {titles[0]} → {titles[1]}
        </h2>
        <DiffOptions
          shape={state.shape}
          noise={state.noise}
          onShape={(shape) => {
            onChange({ shape }, "replace");
          }}
          onNoise={(noise) => {
            onChange({ noise }, "replace");
          }}
        />
      </div>
      {error !== null && <Failure error={error} />}
      {body === null && error === null && <p className="quiet">Looking…</p>}
      {body !== null && !loading && (
        <>
          <Missing version={before} state={body.old} />
          <Missing version={after} state={body.fresh} />
          <DiffView
            key={key}
            before={body.old}
            after={body.fresh}
            shape={state.shape}
            noise={state.noise}
            titles={titles}
          />
        </>
      )}
    </>
  );
}

function Missing({ version, state }: { version: ObjectVersion | null; state: Json }) {
  if (version === null || state !== null || version.event.change?.type === "delete") return null;
  return <p className="note">No record says what version {version.n} was, so it is compared as if it were empty.</p>;
}

/** The object as a version left it; null where it was deleted, or where nobody knows. */
async function stateAfter({ event }: ObjectVersion, signal: AbortSignal): Promise<Json> {
  try {
    return (await ask<DiffBody>(`events/${event.id}/diff`, {}, signal)).after;
  } catch (error) {
    // Retention may have removed the event since the list came.
    if (error instanceof Refusal && error.problem.status === 404) return null;
    throw error;
  }
}
