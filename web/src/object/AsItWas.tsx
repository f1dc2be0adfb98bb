import { useMemo } from "react";
import { ask } from "../api/ask";
import type { AtBody, BlameBody, ObjectName, ObjectVersion } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { asYaml } from "../diff/asYaml";
import { withoutNoise, type Json } from "../diff/noise";
import { ActorBadge } from "../event/ActorBadge";
import { actorName } from "../event/actor";
import { CopyButton } from "../event/CopyButton";
import { Failure } from "../shell/Failure";
import { Link } from "../shell/Link";
import { objectPath } from "../shell/place";
import { Time, useZone } from "../shell/zone";
import { visibleLines } from "../text/visible";
import { fullTime, zoneParameter } from "../time/zone";
import type { History } from "./askHistory";
import { blameAt, type Setter } from "./blameAt";
import { lineOwners, type Owned, type OwnedLine } from "./lineOwners";
import type { ObjectState } from "./objectState";
import type { ChangeObject } from "./useObjectState";

interface Props {
  object: ObjectName;
  history: History;
  state: ObjectState;
  onChange: ChangeObject;
}

const confidences: Record<AtBody["confidence"], string> = {
  exact: "as the API server stored it",
  patch: "worked out from what was asked for",
  partial: "writes lie in between of which the content was not recorded",
  unknown: "nobody knows how much of it is right",
};

/** The whole object at one moment, with who set each line last beside it. */
export function AsItWas({ object, history, state, onChange }: Props) {
  const { versions } = history;
  const zone = useZone();
  const index =
    state.at === null
      ? 0
      : Math.max(
          0,
          versions.findIndex(({ n }) => n === state.at),
        );
  const version = versions[index];
  const answer = useAnswer(version?.event.id ?? null, async (signal) => {
    const time = version?.event.time;
    const [at, blame] = await Promise.all([
      ask<AtBody>(`${objectPath(object)}/at`, { time }, signal),
      index === 0 ? ask<BlameBody>(`${objectPath(object)}/blame`, {}, signal) : null,
    ]);
    return { at, setters: blame === null || blame.deleted ? null : settersOf(blame) };
  });
  if (version === undefined) return <p className="page quiet">No version of it changed more than the status.</p>;
  const { body, error, loading } = answer;
  return (
    <section className="as-it-was" aria-label="The object at one moment">
      <div className="slider">
        <label>
          <span>
            Version {version.n}, <Time at={version.event.time} />
          </span>
          <input
            type="range"
            min={0}
            max={versions.length - 1}
            // To the right is later, and the list has the newest first.
            value={versions.length - 1 - index}
            disabled={versions.length < 2}
            aria-valuetext={`version ${version.n}, ${fullTime(version.event.time, zone)}`}
            onChange={(event) => {
              const chosen = versions[versions.length - 1 - Number(event.target.value)];
              onChange({ at: chosen?.n ?? null }, "replace");
            }}
          />
        </label>
        <button
          type="button"
          className="chip"
          aria-pressed={state.noise}
          onClick={() => {
            onChange({ noise: !state.noise }, "replace");
          }}
        >
          with noise
        </button>
        {body?.at.state && <CopyButton text={asYaml(body.at.state)} label="Copy as YAML" />}
      </div>
      {error !== null && <Failure error={error} />}
      {body === null && error === null && <p className="quiet">Looking…</p>}
      {body !== null && !loading && body.at.state === null && (
        <p className="note">
          {body.at.deleted
            ? "It was deleted by this event; move the slider to see what it was before."
            : "No record says what it was."}
        </p>
      )}
      {body?.at.state && (
        <>
          <p className="quiet">{confidences[body.at.confidence]}</p>
          <Blamed
            state={state.noise ? body.at.state : withoutNoise(body.at.state)}
            setters={body.setters ?? blameAt(versions, version.n)}
            versions={versions}
          />
        </>
      )}
    </section>
  );
}

function Blamed({
  state,
  setters,
  versions,
}: {
  state: Json;
  setters: readonly Owned<Setter>[];
  versions: readonly ObjectVersion[];
}) {
  const lines = useMemo(() => lineOwners(asYaml(state), state, setters), [state, setters]);
  const newest = versions.find(({ event }) => event.actor?.type === "human")?.event.id;
  return (
    <div className="blamed" tabIndex={0} role="group" aria-label="The object, line by line">
      <table>
        <tbody>
          {lines.map((line, number) => (
            <tr key={number} className={line.owner !== null && line.owner.event === newest ? "latest" : ""}>
              <td className="setter">
                {beginsBlock(lines, number) && line.owner !== null && <SetterName setter={line.owner} />}
              </td>
              <td className="number">{number + 1}</td>
              <td className="code">{visibleLines(line.text)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A name is said once for lines that follow each other; lines that only hold others together are nobody's. */
function beginsBlock(lines: readonly OwnedLine<Setter>[], number: number): boolean {
  const before = lines.slice(0, number).findLast(({ owner }) => owner !== null);
  return before?.owner?.event !== lines[number]?.owner?.event;
}

function SetterName({ setter }: { setter: Setter }) {
  const zone = useZone();
  const search = new URLSearchParams({ from: "all", event: setter.event, ...zoneParameter(zone) });
  if (setter.actor === null) return <span className="quiet">before recording began</span>;
  return (
    <>
      <ActorBadge type={setter.actor.type} />{" "}
      <Link path="/" search={search}>
        {actorName(setter.actor)}
      </Link>{" "}
      <Time at={setter.time} />
    </>
  );
}

function settersOf(blame: BlameBody): Owned<Setter>[] {
  return blame.fields.map(({ path, actor, time, event_id }) => ({ path, owner: { actor, time, event: event_id } }));
}
