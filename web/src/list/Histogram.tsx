import { useRef, useState, type PointerEvent } from "react";
import { ask } from "../api/ask";
import type { Gap, HistogramBody } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { useZone } from "../shell/zone";
import { counted } from "../text/count";
import { rangeParameters, type TimeRange } from "../time/range";
import { clockTime, minuteTime } from "../time/zone";

interface Props {
  query: string;
  range: TimeRange;
  refresh: number;
  /** The part that lanes below show, if it is not all of it. */
  zoom: TimeRange | null;
  gaps: readonly Gap[];
  onZoom: (range: TimeRange) => void;
}

const buckets = 120;
const height = 52;
/** From the bottom of a bar to its top. */
const parts = ["create", "update", "delete", "none"] as const;
/** Shorter drags are clicks. */
const leastDrag = 0.004;

/** How many events there were when, by what became of the object. Dragging over it zooms in. */
export function Histogram({ query, range, refresh, zoom, gaps, onZoom }: Props) {
  const zone = useZone();
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const [hover, setHover] = useState<number | null>(null);
  const plot = useRef<SVGSVGElement>(null);
  const { body } = useAnswer(JSON.stringify([query, range, refresh]), (signal) =>
    ask<HistogramBody>("histogram", { q: query, ...rangeParameters(range), buckets, split: "change.type" }, signal),
  );
  if (body === null || body.buckets.length === 0) return <div className="histogram" aria-hidden="true" />;

  const begin = Date.parse(body.from);
  const length = Math.max(1, Date.parse(body.to) - begin);
  const share = (time: string) => Math.min(1, Math.max(0, (Date.parse(time) - begin) / length));
  const most = Math.max(1, ...body.buckets.map(({ count }) => count));
  const total = body.buckets.reduce((sum, { count }) => sum + count, 0);
  const width = 1 / body.buckets.length;
  const pointed = (event: PointerEvent) => {
    const box = plot.current?.getBoundingClientRect();
    return box === undefined ? 0 : Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const timeAt = (at: number) => new Date(begin + at * length).toISOString();
  const release = () => {
    if (drag !== null && Math.abs(drag.to - drag.from) > leastDrag) {
      onZoom({ from: timeAt(Math.min(drag.from, drag.to)), to: timeAt(Math.max(drag.from, drag.to)) });
    }
    setDrag(null);
  };
  const hovered =
    hover === null ? undefined : body.buckets[Math.min(body.buckets.length - 1, Math.floor(hover / width))];

  return (
    <figure className="histogram">
      <svg
        ref={plot}
        viewBox={`0 0 1000 ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${counted(total, "event")} from ${minuteTime(body.from, zone)} to ${minuteTime(body.to, zone)}, ${counted(most, "event")} at most in one bar`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: pointed(event), to: pointed(event) });
        }}
        onPointerMove={(event) => {
          setHover(pointed(event));
          if (drag !== null) setDrag({ ...drag, to: pointed(event) });
        }}
        onPointerUp={release}
        onPointerLeave={() => {
          setHover(null);
        }}
      >
        <defs>
          <pattern id="gap-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="3" height="8" className="hatch" />
          </pattern>
        </defs>
        {gaps.map((gap) => (
          <rect
            key={`${gap.source} ${gap.from}`}
            x={share(gap.from) * 1000}
            width={Math.max(2, (share(gap.to) - share(gap.from)) * 1000)}
            height={height}
            fill="url(#gap-hatch)"
          />
        ))}
        {body.buckets.map((bucket, index) => {
          let top = height;
          const split: Partial<Record<string, number>> = bucket.split;
          return parts.map((part) => {
            const count =
              part === "none"
                ? bucket.count - parts.slice(0, 3).reduce((sum, one) => sum + (split[one] ?? 0), 0)
                : (split[part] ?? 0);
            if (count <= 0) return null;
            const size = Math.max(1.5, (count / most) * (height - 4));
            top -= size;
            return (
              <rect
                key={`${bucket.time} ${part}`}
                className={`bar ${part}`}
                x={(index * width + width * 0.1) * 1000}
                width={width * 800}
                y={top}
                height={size}
              />
            );
          });
        })}
        {zoom !== null && (
          <rect
            className="zoom"
            x={share(zoom.from) * 1000}
            width={Math.max(2, (share(zoom.to) - share(zoom.from)) * 1000)}
            height={height}
          />
        )}
        {drag !== null && (
          <rect
            className="drag"
            x={Math.min(drag.from, drag.to) * 1000}
            width={Math.abs(drag.to - drag.from) * 1000}
            height={height}
          />
        )}
      </svg>
      <figcaption>
        <span>{minuteTime(body.from, zone)}</span>
        <span className="histogram-hover">
          {hovered === undefined
            ? "drag to zoom"
            : `${clockTime(hovered.time, zone).day} ${clockTime(hovered.time, zone).clock}: ${counted(hovered.count, "event")}`}
        </span>
        <span>{minuteTime(body.to, zone)}</span>
      </figcaption>
    </figure>
  );
}
