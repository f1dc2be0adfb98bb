import { laneFields, type LaneField, type ListState, type View } from "./listState";
import type { ChangeList } from "./useListState";

const views: readonly { view: View; label: string }[] = [
  { view: "list", label: "List" },
  { view: "lanes", label: "Lanes" },
];

const fieldNames: Record<LaneField, string> = {
  object: "object",
  actor: "actor",
  namespace: "namespace",
  node: "node",
};

/** The same question as a list or as lanes, and what a lane stands for. */
export function ViewSwitch({ state, onChange }: { state: ListState; onChange: ChangeList }) {
  return (
    <div className="view-switch">
      <div role="group" aria-label="Shown as" className="view-choices">
        {views.map(({ view, label }) => (
          <button
            key={view}
            type="button"
            className="chip"
            title="t"
            aria-pressed={state.view === view}
            onClick={() => {
              onChange({ view });
            }}
          >
            {label}
          </button>
        ))}
      </div>
      {state.view === "lanes" && (
        <label>
          <span className="quiet">one per</span>{" "}
          <select
            value={state.by}
            onChange={(event) => {
              const by = laneFields.find((field) => field === event.target.value);
              if (by !== undefined) onChange({ by });
            }}
          >
            {laneFields.map((field) => (
              <option key={field} value={field}>
                {fieldNames[field]}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
