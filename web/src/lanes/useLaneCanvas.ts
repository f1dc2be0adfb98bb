import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { MarkLayer } from "./marks";
import { paint, type Ink, type Picture } from "./paint";
import { tones, type Tone } from "./scene";

/** Draws the picture once per frame at most, and only if something has changed. */
export function useLaneCanvas(
  canvas: RefObject<HTMLCanvasElement | null>,
  legend: RefObject<HTMLElement | null>,
  picture: () => Picture,
): () => void {
  const waiting = useRef<number | null>(null);
  const latest = useRef(picture);
  const ink = useRef<Ink | null>(null);
  const [layer] = useState(() => new MarkLayer());
  const draw = useCallback(() => {
    waiting.current ??= requestAnimationFrame(() => {
      waiting.current = null;
      if (canvas.current !== null && legend.current !== null) {
        ink.current ??= inkOf(canvas.current, legend.current);
        drawOn(canvas.current, latest.current(), ink.current, layer);
      }
    });
  }, [canvas, legend, layer]);
  useEffect(() => {
    latest.current = picture;
    draw();
  });
  useEffect(() => {
    const watched = canvas.current;
    if (watched === null) return;
    const size = new ResizeObserver(draw);
    size.observe(watched);
    const recolour = () => {
      ink.current = null;
      draw();
    };
    const theme = new MutationObserver(recolour);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", recolour);
    return () => {
      size.disconnect();
      theme.disconnect();
      dark.removeEventListener("change", recolour);
      if (waiting.current !== null) cancelAnimationFrame(waiting.current);
      waiting.current = null;
    };
  }, [canvas, draw]);
  return draw;
}

function drawOn(canvas: HTMLCanvasElement, picture: Picture, ink: Ink, layer: MarkLayer): void {
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) return;
  const dense = devicePixelRatio;
  const width = Math.round(picture.width * dense);
  const height = Math.round(picture.height * dense);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  layer.clear(width, height, dense);
  context.setTransform(dense, 0, 0, dense, 0, 0);
  paint(context, picture, ink, layer);
}

/** A canvas does not know the colours of the style sheet; the legend has them all. */
function inkOf(canvas: HTMLCanvasElement, legend: HTMLElement): Ink {
  const colour = (tone: Tone) => {
    const sample = legend.querySelector(`[data-tone="${tone}"]`);
    return sample === null ? "gray" : getComputedStyle(sample).color;
  };
  const style = getComputedStyle(canvas);
  return {
    tones: Object.fromEntries(tones.map((tone) => [tone, colour(tone)])) as Record<Tone, string>,
    text: style.color,
    line: style.borderLeftColor,
    ground: style.backgroundColor,
    accent: style.caretColor,
  };
}
