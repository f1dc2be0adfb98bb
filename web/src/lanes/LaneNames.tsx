import { memo } from "react";
import { visible } from "../text/visible";
import type { SceneLane } from "./scene";

interface Props {
  lanes: readonly SceneLane[];
  chosen: string | null;
  onChoose: (lane: string) => void;
}

const stepPixels = 14;
const deepest = 4;

/** The lanes' names, those that are controlled by others a step further in. They stay as they are while the picture moves. */
export const LaneNames = memo(function LaneNames({ lanes, chosen, onChoose }: Props) {
  return (
    <ul className="lane-names" aria-label="Lanes">
      {lanes.map(({ id, lane, depth }) => (
        <li key={id} aria-level={depth + 1}>
          <button
            type="button"
            style={{ paddingLeft: 8 + Math.min(depth, deepest) * stepPixels }}
            aria-pressed={id === chosen}
            title={[lane.label, ...lane.owners.map(({ label }) => label)].map(visible).join(", of ")}
            onClick={() => {
              onChoose(id);
            }}
          >
            {lane.by_humans > 0 && <span title="touched by people">☺ </span>}
            {lane.problems > 0 && <span title="with refusals or errors">! </span>}
            {visible(lane.label) || "(none)"}
          </button>
        </li>
      ))}
    </ul>
  );
});
