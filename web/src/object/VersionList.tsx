import type { ObjectVersion } from "../api/model";
import { ActorBadge } from "../event/ActorBadge";
import { what, who } from "../event/actor";
import { confidenceNote, markOf } from "../event/marks";
import { Time } from "../shell/zone";
import type { History } from "./askHistory";
import type { Pair } from "./chosenPair";
import type { ObjectState } from "./objectState";
import type { ChangeObject } from "./useObjectState";

interface Props {
  history: History;
  pair: Pair | null;
  state: ObjectState;
  onChange: ChangeObject;
}

/** The versions, newest first; two rows of radio buttons choose any two of them to compare. */
export function VersionList({ history, pair, state, onChange }: Props) {
  return (
    <section className="version-list" aria-label="Versions">
      <div className="version-options">
        <button
          type="button"
          className="chip"
          aria-pressed={state.status}
          title="Versions that changed nothing but the status"
          onClick={() => {
            onChange({ status: !state.status });
          }}
        >
          with status
        </button>
        {history.cut && <span className="warning">Only the oldest {history.versions.length} versions are here.</span>}
      </div>
      <ol>
        {history.versions.map((version) => (
          <Version
            key={`${version.n} ${version.event.id}`}
            version={version}
            isBefore={version.n === pair?.before?.n}
            isAfter={version.n === pair?.after.n}
            onBefore={() => {
              onChange({ before: version.n, after: pair?.after.n ?? null });
            }}
            onAfter={() => {
              onChange({ before: pair?.before?.n ?? 0, after: version.n });
            }}
            onBoth={() => {
              onChange({ before: null, after: version.n });
            }}
          />
        ))}
      </ol>
    </section>
  );
}

interface VersionProps {
  version: ObjectVersion;
  isBefore: boolean;
  isAfter: boolean;
  onBefore: () => void;
  onAfter: () => void;
  onBoth: () => void;
}

function Version({ version, isBefore, isAfter, onBefore, onAfter, onBoth }: VersionProps) {
  const { n, event, unseen_before } = version;
  const mark = markOf(event);
  const confidence = confidenceNote(event);
  return (
    <li className={isAfter ? "chosen" : ""} ref={isAfter ? bringIntoSight : null}>
      <input
        type="radio"
        name="before"
        checked={isBefore}
        onChange={onBefore}
        aria-label={`Compare from version ${n}`}
        title="Compare from here"
      />
      <input
        type="radio"
        name="after"
        checked={isAfter}
        onChange={onAfter}
        aria-label={`Compare to version ${n}`}
        title="Compare to here"
      />
      <button type="button" className="version" aria-current={isAfter ? "true" : undefined} onClick={onBoth}>
        <span className="version-number">{n}</span>
        <span className={`glyph ${mark.tone}`} role="img" aria-label={mark.name}>
          {mark.glyph}
        </span>
        <span className="version-words">
          <span className="version-who">
            {event.actor !== null && <ActorBadge type={event.actor.type} />} <strong>{who(event)}</strong>{" "}
            <Time at={event.time} />
          </span>
          <span>
            {what(event)}
            {confidence !== null && (
              <span className="confidence" title={confidence.text} role="img" aria-label={confidence.text}>
                {" "}
                {confidence.glyph}
              </span>
            )}
          </span>
          {unseen_before && <span className="warning">a write before this one was not recorded</span>}
        </span>
      </button>
    </li>
  );
}

function bringIntoSight(row: HTMLElement | null): void {
  row?.scrollIntoView({ block: "nearest" });
}
