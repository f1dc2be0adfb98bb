import { allOf } from "../query/noise";
import { presets } from "../query/presets";
import { holds, withoutTerms } from "../query/terms";
import type { ListState } from "./listState";
import type { ChangeList } from "./useListState";

/** Questions that are asked often, beside what is asked already. A second click takes the words out again. */
export function Presets({ state, onPick }: { state: ListState; onPick: ChangeList }) {
  return (
    <div className="presets" role="group" aria-label="Frequent questions">
      {presets.map((preset) => {
        const on = holds(state.query, preset.query);
        return (
          <button
            key={preset.name}
            type="button"
            className="chip"
            aria-pressed={on}
            title={preset.explanation}
            onClick={() => {
              onPick(
                on
                  ? {
                      query: withoutTerms(state.query, preset.query),
                      shown: without(state.shown, preset.shows),
                      event: null,
                    }
                  : {
                      query: allOf([state.query, preset.query]),
                      shown: new Set([...state.shown, ...preset.shows]),
                      event: null,
                    },
              );
            }}
          >
            {preset.name}
          </button>
        );
      })}
    </div>
  );
}

function without<Kind>(set: ReadonlySet<Kind>, taken: readonly Kind[]): ReadonlySet<Kind> {
  return new Set([...set].filter((kind) => !taken.includes(kind)));
}
