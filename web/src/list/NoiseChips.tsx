import { noises, type NoiseKind } from "../query/noise";
import { counted, grouped } from "../text/count";
import type { NoiseCounts } from "./useNoiseCounts";

interface Props {
  shown: ReadonlySet<NoiseKind>;
  counts: NoiseCounts;
  onToggle: (shown: ReadonlySet<NoiseKind>) => void;
}

/** What the list leaves out, and how much of it: every kind is one click away. */
export function NoiseChips({ shown, counts, onToggle }: Props) {
  return (
    <div className="noise-chips" role="group" aria-label="Shown beside changes by people">
      <span className="quiet">Also show</span>
      {noises.map(({ kind, label, explanation }) => {
        const count = counts[kind];
        const on = shown.has(kind);
        return (
          <button
            key={kind}
            type="button"
            className="chip"
            aria-pressed={on}
            title={`${explanation}: ${count === undefined ? "being counted" : counted(count, "event")} ${on ? "shown" : "hidden"}`}
            onClick={() => {
              const next = new Set(shown);
              if (on) next.delete(kind);
              else next.add(kind);
              onToggle(next);
            }}
          >
            {label} <span className="chip-count">{count === undefined ? "…" : grouped(count)}</span>
          </button>
        );
      })}
    </div>
  );
}
