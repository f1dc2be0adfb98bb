import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useImperativeHandle, useRef, useState, type Ref } from "react";
import { EventDetails } from "../event/EventDetails";
import { visible } from "../text/visible";
import { counted } from "../text/count";
import { EventRow } from "./EventRow";
import { shortId, type ListState } from "./listState";
import { eventOf, isHumanChange, nearestRow, type Row } from "./rows";
import type { Sight } from "./useEffects";
import type { ChangeList } from "./useListState";

export interface EventRowsHandle {
  move: (step: 1 | -1) => void;
  moveToHuman: (step: 1 | -1) => void;
}

interface Props {
  ref: Ref<EventRowsHandle>;
  rows: readonly Row[];
  state: ListState;
  busy: boolean;
  more: boolean;
  onMore: () => void;
  /** Tells which stretch of time the rows in sight are of. */
  onSight: (sight: Sight) => void;
  onChange: ChangeList;
}

/** The next page is asked for when so few rows are left below. */
const rowsAhead = 40;

/** The rows of the list, of which only those in sight are in the page. */
export function EventRows({ ref, rows, state, busy, more, onMore, onSight, onChange }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState<string | null>(state.event);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === "day" ? 34 : 29),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last + rowsAhead >= rows.length) onMore();
  }, [more, last, rows.length, onMore]);

  const newest = eventOf(rows.slice(items[0]?.index ?? 0).find((row) => row.kind === "event"))?.time;
  const oldest = eventOf(rows.slice(0, last + 1).findLast((row) => row.kind === "event"))?.time;
  useEffect(() => {
    if (newest !== undefined && oldest !== undefined) onSight({ newest, oldest });
  }, [newest, oldest, onSight]);

  const focusRow = (index: number) => {
    const event = eventOf(rows[index]);
    if (event === null) return;
    setCurrent(event.id);
    // The browser's own scrolling would hide the first row's day.
    virtual.scrollToIndex(index === 1 ? 0 : index, { align: "auto" });
    focusWhenThere(scroller.current, event.id);
  };
  useImperativeHandle(ref, () => {
    const from = rows.findIndex(({ key }) => key === current);
    const moveTo = (index: number) => {
      if (index >= 0) focusRow(index);
    };
    return {
      move: (step) => {
        moveTo(nearestRow(rows, from, step, () => true));
      },
      moveToHuman: (step) => {
        moveTo(nearestRow(rows, from, step, isHumanChange));
      },
    };
  });

  // An opened event of a link is brought into sight once, when its row is there.
  const sought = useRef(state.event);
  useEffect(() => {
    if (sought.current === null) return;
    const index = rows.findIndex(({ key }) => key.startsWith(sought.current ?? ""));
    if (index < 0) return;
    sought.current = null;
    virtual.scrollToIndex(index, { align: "center" });
  }, [rows, virtual]);

  const firstKey = rows.find(({ kind }) => kind !== "day")?.key;
  const reachable = rows.some(({ key }) => key === current) ? current : firstKey;
  return (
    <section className="event-rows" ref={scroller} aria-label="Events" aria-busy={busy} tabIndex={-1}>
      <div className="event-rows-length" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className="event-rows-item"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <RowView
                row={row}
                state={state}
                reachable={row.key === reachable}
                onFocus={setCurrent}
                onChange={onChange}
              />
            </div>
          );
        })}
      </div>
    </section>
  );
}

interface RowProps {
  row: Row;
  state: ListState;
  reachable: boolean;
  onFocus: (id: string) => void;
  onChange: ChangeList;
}

function RowView({ row, state, reachable, onFocus, onChange }: RowProps) {
  if (row.kind === "day") {
    return (
      <h2 className="day">
        {row.title}{" "}
        <span className="quiet">
          {counted(row.events, "event")}
          {row.open && " so far"}
        </span>
      </h2>
    );
  }
  const event = row.kind === "event" ? row.event : row.effect.event;
  const open = state.event !== null && event.id.startsWith(state.event);
  const unfold = () => {
    const next = new Set(state.unfolded);
    if (!next.delete(shortId(event.id))) next.add(shortId(event.id));
    onChange({ unfolded: next });
  };
  return (
    <article className={open ? "open" : ""} aria-label={visible(event.summary)}>
      <EventRow
        event={event}
        nesting={row.kind === "effect" ? row.effect : null}
        effects={row.kind === "event" ? row.effects.length : 0}
        unfolded={row.kind === "event" && row.unfolded}
        open={open}
        reachable={reachable}
        onFocus={() => {
          onFocus(event.id);
        }}
        onOpen={() => {
          onChange({ event: open ? null : event.id, pane: "change" });
        }}
        onUnfold={unfold}
      />
      {open && <EventDetails id={event.id} listed={event} state={state} onChange={onChange} />}
    </article>
  );
}

/** Gives a row the focus as soon as the list has put it into the page. */
function focusWhenThere(scroller: HTMLElement | null, id: string, tries = 10): void {
  const row = scroller?.querySelector<HTMLElement>(`[data-event="${CSS.escape(id)}"]`);
  // At once if it can be, so that whoever types j and Enter opens what j led to.
  if (row) row.focus({ preventScroll: true });
  else if (tries > 0) {
    requestAnimationFrame(() => {
      focusWhenThere(scroller, id, tries - 1);
    });
  }
}
