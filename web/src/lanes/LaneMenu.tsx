import type { Lane } from "../api/model";
import type { ChangeList } from "../list/useListState";
import { allOf } from "../query/noise";
import { Link } from "../shell/Link";
import { objectPath } from "../shell/place";
import { counted } from "../text/count";
import { visible } from "../text/visible";

/** What one can do with the chosen lane. */
export function LaneMenu({ lane, query, onChange }: { lane: Lane; query: string; onChange: ChangeList }) {
  return (
    <div className="lane-menu" role="group" aria-label="The chosen lane">
      <strong>{visible(lane.label) || "(none)"}</strong>
      <span className="quiet">{counted(lane.count, "event")}</span>
      <button
        type="button"
        onClick={() => {
          onChange({ query: allOf([query, lane.query]), event: null });
        }}
      >
        Only this
      </button>
      <button
        type="button"
        onClick={() => {
          onChange({ query: allOf([query, `-(${lane.query})`]), event: null });
        }}
      >
        Hide this
      </button>
      {!("field" in lane.key) && <Link path={`/${objectPath(lane.key)}`}>History of this object</Link>}
    </div>
  );
}
