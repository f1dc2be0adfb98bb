import type { AuditEvent } from "../api/model";
import { ActorBadge } from "../event/ActorBadge";
import { what, who } from "../event/actor";
import { confidenceNote, markOf } from "../event/marks";
import { Outcome } from "../event/Outcome";
import { useZone } from "../shell/zone";
import { clockTime } from "../time/zone";
import { shortId } from "./listState";
import type { NestedEffect } from "./rows";

interface Props {
  event: AuditEvent;
  nesting: NestedEffect | null;
  effects: number;
  unfolded: boolean;
  open: boolean;
  reachable: boolean;
  onFocus: () => void;
  onOpen: () => void;
  onUnfold: () => void;
}

/** One event in one line: when, who, what, and how it ended. */
export function EventRow({ event, nesting, effects, unfolded, open, reachable, onFocus, onOpen, onUnfold }: Props) {
  const zone = useZone();
  const { clock, fraction } = clockTime(event.time, zone);
  const mark = markOf(event);
  const confidence = confidenceNote(event);
  return (
    <div className={`event-row ${nesting === null ? "" : `nested depth-${Math.min(nesting.depth, 3)}`}`}>
      <button
        type="button"
        className="event-line"
        data-event={event.id}
        aria-expanded={open}
        tabIndex={reachable ? 0 : -1}
        onFocus={onFocus}
        onClick={onOpen}
      >
        <time dateTime={event.time} title={event.time}>
          {clock}
          <span className="fraction">{fraction}</span>
        </time>
        <span className={`glyph ${mark.tone}`} title={mark.name} role="img" aria-label={mark.name}>
          {mark.glyph}
        </span>
        <span className="who">
          {event.actor !== null && (
            <>
              <ActorBadge type={event.actor.type} />
              <span className="who-name" title={event.actor.name}>
                {who(event)}
              </span>
            </>
          )}
        </span>
        <span className="what">
          {nesting?.guess === true && (
            <span className="guess" title="Only the time speaks for this cause">
              probably:{" "}
            </span>
          )}
          {what(event)}
        </span>
        <span className="ends">
          {confidence !== null && (
            <span className="confidence" title={confidence.text} role="img" aria-label={confidence.text}>
              {confidence.glyph}
            </span>
          )}
          <Outcome event={event} />
        </span>
      </button>
      {effects > 0 && (
        <button
          type="button"
          className="unfold"
          aria-expanded={unfolded}
          tabIndex={reachable ? 0 : -1}
          onClick={onUnfold}
          data-unfold={shortId(event.id)}
        >
          <span aria-hidden="true">{unfolded ? "▾" : "▸"}</span> {effects} followed
        </button>
      )}
    </div>
  );
}
