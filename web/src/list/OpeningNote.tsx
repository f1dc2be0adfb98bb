import { useZone } from "../shell/zone";
import { rangeTitle, type TimeRange } from "../time/range";

/** Says that the page opened on something older than one would expect. */
export function OpeningNote({ range, onAll }: { range: TimeRange; onAll: () => void }) {
  const zone = useZone();
  return (
    <p className="note">
      Nothing happened in the last hour. This is the latest hour that has something:{" "}
      <strong>{rangeTitle(range, zone)}</strong>.{" "}
      <button type="button" className="link" onClick={onAll}>
        Show all there is
      </button>
    </p>
  );
}
