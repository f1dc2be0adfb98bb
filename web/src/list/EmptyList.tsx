import { useAnswer } from "../api/useAnswer";
import { noises } from "../query/noise";
import { Time } from "../shell/zone";
import { counted } from "../text/count";
import { around, everything, rangeParameters, type TimeRange } from "../time/range";
import type { ListState } from "./listState";
import { askEvents } from "./question";
import type { ChangeList } from "./useListState";
import type { NoiseCounts } from "./useNoiseCounts";

interface Props {
  state: ListState;
  range: TimeRange;
  question: string;
  query: string;
  counts: NoiseCounts;
  onChange: ChangeList;
}

/** Nothing matched: where the nearest is that would have. */
export function EmptyList({ state, range, question, query, counts, onChange }: Props) {
  const outside = useAnswer(JSON.stringify([query, range]), async (signal) => {
    const { from, to } = rangeParameters(range);
    const [all, before, after] = await Promise.all([
      askEvents(query, everything, { limit: 1 }, signal),
      from === "" ? null : askEvents(query, { from: "", to: from }, { limit: 1 }, signal),
      to === "" ? null : askEvents(query, { from: to, to: "" }, { limit: 1, order: "asc" }, signal),
    ]);
    return { total: all.total.value, before: before?.events[0] ?? null, after: after?.events[0] ?? null };
  });
  const hidden = noises.filter(({ kind }) => !state.shown.has(kind) && (counts[kind] ?? 0) > 0);
  const { total = 0, before = null, after = null } = outside.body ?? {};
  return (
    <div className="empty">
      <h2>Nothing matched in this time</h2>
      {hidden.length > 0 && (
        <p>
          But hidden as noise:{" "}
          {hidden.map(({ kind, label }) => (
            <button
              key={kind}
              type="button"
              className="chip"
              onClick={() => {
                onChange({ shown: new Set([...state.shown, kind]) });
              }}
            >
              show {label} <span className="chip-count">{counts[kind]}</span>
            </button>
          ))}
        </p>
      )}
      {total > 0 && (
        <p>
          But {counted(total, "event")} outside of it. The nearest:{" "}
          {[before, after].map(
            (event) =>
              event !== null && (
                <button
                  key={event.id}
                  type="button"
                  className="link"
                  onClick={() => {
                    onChange({ range: around(event.time, 30) });
                  }}
                >
                  <Time at={event.time} />
                </button>
              ),
          )}{" "}
          <button
            type="button"
            className="link"
            onClick={() => {
              onChange({ range: everything });
            }}
          >
            Show all there is
          </button>
        </p>
      )}
      {outside.body !== null && total === 0 && hidden.length === 0 && (
        <p>
          {question === ""
            ? "Taffrail has received no changes yet. “taffrail setup” says how to connect a cluster, and “taffrail doctor” what is wrong with one that is."
            : "No event at any time matches. A word may be spelled differently: the search box suggests the values that there are."}
        </p>
      )}
    </div>
  );
}
