import type { TailState } from "../api/tail";
import { counted } from "../text/count";

interface Props {
  follows: boolean;
  live: boolean;
  state: TailState;
  waiting: number;
  onToggle: () => void;
  onGoLive: () => void;
}

/** Whether new events appear by themselves; holds the list still and lets it go on. */
export function LiveButton({ follows, live, state, waiting, onToggle, onGoLive }: Props) {
  if (!follows) {
    return (
      <button type="button" onClick={onGoLive} title="Show the last hour and what comes">
        Go live
      </button>
    );
  }
  if (!live) {
    return (
      <button type="button" className="live paused" onClick={onToggle}>
        <span aria-hidden="true">▶</span> {waiting === 0 ? "Paused" : `Paused, ${counted(waiting, "new event")}`}
      </button>
    );
  }
  const words = { connecting: "Connecting", live: "Live", broken: "Reconnecting" }[state];
  return (
    <button
      type="button"
      className={`live ${state}`}
      onClick={onToggle}
      title="Hold the list still"
      aria-label={`${words}. Pause`}
    >
      <span className="live-dot" aria-hidden="true" /> {words}
    </button>
  );
}
