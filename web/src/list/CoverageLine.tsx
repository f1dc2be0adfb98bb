import type { Coverage, Gap } from "../api/model";
import type { Lag } from "../api/tail";
import { Time } from "../shell/zone";
import { counted, grouped } from "../text/count";
import { visible } from "../text/visible";

interface Props {
  coverage: Coverage | null;
  total: { value: number; exact: boolean } | null;
  loading: boolean;
  lag: Lag | null;
  onLagSeen?: () => void;
  /** How many system changes in sight nobody asked for their cause. */
  effectsLeft: number;
}

/** How many events there are, and how far one may believe that these are all. */
export function CoverageLine({ coverage, total, loading, lag, onLagSeen, effectsLeft }: Props) {
  return (
    <div className="coverage">
      <span className="coverage-total" aria-live="polite">
        {loading
          ? "Looking…"
          : total === null
            ? ""
            : `${total.exact ? "" : "more than "}${counted(total.value, "event")}`}
      </span>
      {coverage !== null && <Completeness coverage={coverage} />}
      {effectsLeft > 0 && (
        <span
          className="quiet"
          title="What followed a change stands under it as soon as it was looked up; a shorter time, or scrolling, brings the rest"
        >
          {grouped(effectsLeft)} changes of the control plane in this time not looked up, what followed may be
          incomplete
        </span>
      )}
      <span className="warning" aria-live="polite">
        {lag !== null && (
          <>
            {lag.missed === null
              ? "The live stream was interrupted"
              : `${counted(lag.missed, "event")} came too fast to show live`}
            ; search again to see all.{" "}
            <button type="button" className="link" onClick={onLagSeen}>
              Understood
            </button>
          </>
        )}
      </span>
    </div>
  );
}

function Completeness({ coverage }: { coverage: Coverage }) {
  const gaps = coverage.gaps;
  return (
    <>
      {coverage.partial && (
        <strong className="warning">
          <span aria-hidden="true">◐ </span>Not all of it: the question took too long. Choose a shorter time.
        </strong>
      )}
      <span title="Everything that was acknowledged before this time is in the answer">
        complete up to <Time at={coverage.complete_to} />
        {coverage.lag_ms > 10_000 && (
          <strong className="warning"> ({grouped(Math.round(coverage.lag_ms / 1000))} s behind)</strong>
        )}
      </span>
      {gaps.length === 0 && coverage.removed.length === 0 ? (
        <span>no gaps known</span>
      ) : (
        <details className="gaps">
          <summary>
            <span aria-hidden="true">≀ </span>
            {gaps.length > 0 && counted(gaps.length, "gap")}
            {gaps.length > 0 && coverage.removed.length > 0 && ", "}
            {coverage.removed.length > 0 && "older events were removed"}
          </summary>
          <ul>
            {gaps.slice(0, 50).map((gap) => (
              <li key={`${gap.cluster} ${gap.source} ${gap.from}`}>
                <GapWords gap={gap} />
              </li>
            ))}
            {coverage.removed.map(({ class: kind, before }) => (
              <li key={kind}>
                events of class {visible(kind)} before <Time at={before} /> were removed by retention
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function GapWords({ gap }: { gap: Gap }) {
  return (
    <>
      <Time at={gap.from} /> to <Time at={gap.to} />, cluster {visible(gap.cluster)}, {visible(gap.source)}:{" "}
      {visible(gap.reason)}
      {gap.lost !== null && gap.lost > 0 && ` (${counted(gap.lost, "record")} lost)`}
    </>
  );
}
