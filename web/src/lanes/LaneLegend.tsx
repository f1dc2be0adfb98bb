import type { RefObject } from "react";
import type { Tone } from "./scene";

interface Props {
  ref: RefObject<HTMLParagraphElement | null>;
  zone: string;
  zoomed: boolean;
  onFit: () => void;
}

const signs: readonly { tone: Tone; sign: string; words: string }[] = [
  { tone: "create", sign: "◆", words: "created" },
  { tone: "update", sign: "◆", words: "changed" },
  { tone: "delete", sign: "◇", words: "deleted" },
  { tone: "refused", sign: "⊗", words: "refused or failed" },
  { tone: "other", sign: "▮", words: "all else" },
];

/** What the marks mean; the picture takes its colours from here. */
export function LaneLegend({ ref, zone, zoomed, onFit }: Props) {
  return (
    <p className="lane-legend" ref={ref}>
      {signs.map(({ tone, sign, words }) => (
        <span key={tone}>
          <span aria-hidden="true" data-tone={tone}>
            {sign}
          </span>{" "}
          {words}
        </span>
      ))}
      <span>▬ a state that lasts</span>
      <span>▨ not known for sure, or a gap</span>
      <span className="spread" />
      <span>Shift+wheel zooms · times in {zone}</span>
      <button type="button" disabled={!zoomed} title="f" onClick={onFit}>
        Show all of the time
      </button>
    </p>
  );
}
