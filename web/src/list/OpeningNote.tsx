import { useZone } from "../shell/zone";
import { rangeTitle, type TimeRange } from "../time/range";

interface Props {
  range: TimeRange;
  /** Whether something is searched for, so that other things may well have happened. */
  searched: boolean;
  onAll: () => void;
}

/** Says that the page opened on something older than one would expect. */
export function OpeningNote({ range, searched, onAll }: Props) {
  const zone = useZone();
  return (
    <p className="note">
      {searched ? "Nothing in the last hour matches." : "Nothing happened in the last hour."} This is the latest hour
      that has something: <strong>{rangeTitle(range, zone)}</strong>.{" "}
      <button type="button" className="link" onClick={onAll}>
        Show all there is
      </button>
    </p>
  );
}
