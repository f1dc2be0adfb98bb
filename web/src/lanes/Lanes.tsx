import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import type { Gap, LaneEvent } from "../api/model";
import { useShortcuts } from "../shell/shortcuts";
import { useZone } from "../shell/zone";
import type { TimeRange } from "../time/range";
import { clockTime, zoneName } from "../time/zone";
import { LaneLegend } from "./LaneLegend";
import { LaneNames } from "./LaneNames";
import { nearest, neighbours } from "./nearest";
import { NeighbourList } from "./NeighbourList";
import { axisHeight, laneHeight, type Picture } from "./paint";
import type { SceneLane } from "./scene";
import { panned, toTime, zoomed, type Stretch } from "./stretch";
import { useLaneCanvas } from "./useLaneCanvas";
import { useWheel } from "./useWheel";
import { useZoom } from "./useZoom";

interface Props {
  zoom: TimeRange | null;
  onZoom: (zoom: TimeRange | null) => void;
  lanes: readonly SceneLane[];
  gaps: readonly Gap[];
  all: Stretch;
  chosen: string | null;
  onChoose: (lane: string) => void;
  onOpen: (event: LaneEvent) => void;
  onRange: (range: TimeRange) => void;
  /** Stands between the picture and the words on what lies around the cursor. */
  children: ReactNode;
}

/** How far from a mark a click still means it. */
const reachPixels = 8;
/** Shorter drags are clicks. */
const leastDrag = 5;
const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The lanes as a picture: names at the left, what happened when at the right. */
export function Lanes({
  zoom: zoomInAddress,
  onZoom,
  lanes,
  gaps,
  all,
  chosen,
  onChoose,
  onOpen,
  onRange,
  children,
}: Props) {
  const zone = useZone();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const legend = useRef<HTMLParagraphElement>(null);
  const [near, setNear] = useZoom(zoomInAddress, onZoom);
  const [drag, setDrag] = useState<{ from: number; to: number; pan: boolean } | null>(null);
  const [hover, setHover] = useState<{ lane: SceneLane; time: number; id: string | null } | null>(null);
  const seen = near ?? all;

  const timeWords = useMemo(() => {
    const length = seen.end - seen.begin;
    return (time: number) => {
      const { day, clock, fraction } = clockTime(new Date(time).toISOString(), zone);
      if (length > 3 * dayMs) return day;
      if (length > dayMs / 2) return `${day.slice(5)} ${clock.slice(0, 5)}`;
      if (length > 10 * minuteMs) return clock.slice(0, 5);
      return length > 5_000 ? clock : clock + fraction;
    };
  }, [seen, zone]);

  const draw = useLaneCanvas(canvas, legend, (): Picture => {
    const { width = 0, height = 0 } = canvas.current?.getBoundingClientRect() ?? {};
    const top = box.current?.scrollTop ?? 0;
    const marked = drag === null || drag.pan ? null : drag;
    return { lanes, gaps, seen, now: Date.now(), width, height, top, drag: marked, chosen, timeWords };
  });
  const zoom = (share: number, factor: number) => {
    setNear((before) => zoomed(before ?? all, all, share, factor));
  };
  const pan = (share: number) => {
    setNear((before) => panned(before ?? all, all, share));
  };
  useWheel(canvas, { zoom, pan });
  useShortcuts({
    f: () => {
      setNear(() => null);
    },
    "+": () => {
      zoom(0.5, 0.5);
    },
    "-": () => {
      zoom(0.5, 2);
    },
  });
  useEffect(() => {
    const scrolled = box.current;
    scrolled?.addEventListener("scroll", draw);
    return () => scrolled?.removeEventListener("scroll", draw);
  }, [draw]);

  const pointed = (event: PointerEvent<HTMLCanvasElement>) => {
    const { left, top, width } = event.currentTarget.getBoundingClientRect();
    const x = event.clientX - left;
    const y = event.clientY - top;
    const row = Math.floor((y - axisHeight + (box.current?.scrollTop ?? 0)) / laneHeight);
    const time = toTime(seen, x, width);
    const reach = (reachPixels / Math.max(1, width)) * (seen.end - seen.begin);
    return { x, width, time, reach, onAxis: y < axisHeight, lane: y < axisHeight ? undefined : lanes[row] };
  };
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    const { x, width, time, reach, lane } = pointed(event);
    if (drag === null) {
      setHover(lane === undefined ? null : { lane, time, id: nearest(lane, time, reach)?.id ?? null });
      return;
    }
    if (drag.pan) pan((drag.to - x) / Math.max(1, width));
    setDrag({ ...drag, to: x });
  };
  const release = (event: PointerEvent<HTMLCanvasElement>) => {
    const { x, width, time, reach, lane } = pointed(event);
    setDrag(null);
    if (drag === null || drag.pan) return;
    if (Math.abs(x - drag.from) >= leastDrag) {
      const [begin, end] = [Math.min(drag.from, x), Math.max(drag.from, x)].map((pixel) =>
        new Date(toTime(seen, pixel, width)).toISOString(),
      );
      if (begin !== undefined && end !== undefined) onRange({ from: begin, to: end });
      return;
    }
    if (lane === undefined) return;
    onChoose(lane.id);
    const found = nearest(lane, time, reach);
    if (found !== null) onOpen(found);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    pan(event.key === "ArrowLeft" ? -0.2 : 0.2);
  };

  return (
    <>
      <LaneLegend
        ref={legend}
        zone={zoneName(zone)}
        zoomed={near !== null}
        onFit={() => {
          setNear(() => null);
        }}
      />
      <div className="lanes" ref={box}>
        <LaneNames lanes={lanes} chosen={chosen} onChoose={onChoose} />
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={`What happened when, ${String(lanes.length)} lanes. Arrows go earlier and later, plus and minus zoom, f shows all. The table below says the same.`}
          data-begin={Math.round(seen.begin)}
          data-end={Math.round(seen.end)}
          onKeyDown={press}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            const { x, onAxis } = pointed(event);
            setDrag({ from: x, to: x, pan: onAxis });
          }}
          onPointerMove={move}
          onPointerUp={release}
          onPointerCancel={() => {
            setDrag(null);
          }}
          onPointerLeave={() => {
            setHover(null);
          }}
        />
      </div>
      {children}
      <NeighbourList
        lane={hover?.lane ?? null}
        events={hover === null ? [] : neighbours(hover.lane, hover.time)}
        meant={hover?.id ?? null}
      />
    </>
  );
}
