import type { DiffShape } from "./DiffView";

interface Props {
  shape: DiffShape;
  noise: boolean;
  onShape: (shape: DiffShape) => void;
  onNoise: (noise: boolean) => void;
}

export function DiffOptions({ shape, noise, onShape, onNoise }: Props) {
  return (
    <div className="diff-options">
      <button
        type="button"
        className="chip"
        aria-pressed={shape === "split"}
        onClick={() => {
          onShape(shape === "split" ? "unified" : "split");
        }}
      >
        side by side
      </button>
      <button
        type="button"
        className="chip"
        aria-pressed={noise}
        title="Status, managed fields, resource version, generation, last applied configuration"
        onClick={() => {
          onNoise(!noise);
        }}
      >
        with noise
      </button>
    </div>
  );
}
