// Draws lanes on a canvas. Colours come from the style sheet, by way of whoever calls.
import type { Gap } from "../api/model";
import type { MarkLayer } from "./marks";
import { firstFrom } from "./nearest";
import { stripe, type Box } from "./stripes";
import { tones, type Bar, type SceneLane, type Tone } from "./scene";
import { ticks, toPixel, type Stretch } from "./stretch";

export const axisHeight = 24;
export const laneHeight = 26;
/** Marks of one lane that are nearer to one another are drawn as one. */
export const mergePixels = 5;

export interface Ink {
  tones: Record<Tone, string>;
  text: string;
  line: string;
  ground: string;
  accent: string;
}

export interface Picture {
  lanes: readonly SceneLane[];
  gaps: readonly Gap[];
  seen: Stretch;
  now: number;
  width: number;
  height: number;
  /** How far the lanes are scrolled. */
  top: number;
  /** Two pixels between which somebody is dragging. */
  drag: { from: number; to: number } | null;
  chosen: string | null;
  timeWords: (time: number) => string;
}

/** Draws the picture; `layer` is empty, and as large as it. */
export function paint(context: CanvasRenderingContext2D, picture: Picture, ink: Ink, layer: MarkLayer): void {
  const { width, height, top, lanes } = picture;
  context.fillStyle = ink.ground;
  context.fillRect(0, 0, width, height);
  const first = Math.max(0, Math.floor(top / laneHeight));
  const last = Math.min(lanes.length, Math.ceil((top + height - axisHeight) / laneHeight));
  const marks = new Map(tones.map((tone): [Tone, number[]] => [tone, []]));
  paintGrid(context, picture, ink);
  for (let row = first; row < last; row += 1) {
    const lane = lanes[row];
    if (lane === undefined) continue;
    const middle = axisHeight + row * laneHeight - top + laneHeight / 2;
    if (lane.id === picture.chosen) shade(context, ink.accent, 0.12, 0, middle - laneHeight / 2, width, laneHeight);
    for (const bar of lane.bars) paintBar(context, picture, ink, bar, middle);
    addMarks(marks, picture, lane, middle);
  }
  // The telling ones over the others, whatever lane or moment they are of.
  for (const tone of tones) layer.add(tone, ink.tones[tone], marks.get(tone) ?? []);
  layer.drawOn(context);
  for (const gap of picture.gaps) paintGap(context, picture, ink, gap);
  paintNow(context, picture, ink);
  if (picture.drag !== null) {
    const { from, to } = picture.drag;
    shade(context, ink.accent, 0.2, Math.min(from, to), axisHeight, Math.abs(to - from), height);
  }
  paintAxis(context, picture, ink);
}

function paintGrid(context: CanvasRenderingContext2D, { seen, width, height }: Picture, ink: Ink): void {
  context.fillStyle = ink.line;
  for (const tick of ticks(seen, width / 110)) {
    context.fillRect(Math.round(toPixel(seen, tick, width)), axisHeight, 1, height);
  }
}

function paintAxis(context: CanvasRenderingContext2D, { seen, width, timeWords }: Picture, ink: Ink): void {
  context.fillStyle = ink.ground;
  context.fillRect(0, 0, width, axisHeight);
  context.fillStyle = ink.text;
  context.font = "11px sans-serif";
  context.textBaseline = "middle";
  for (const tick of ticks(seen, width / 110)) {
    context.fillText(timeWords(tick), toPixel(seen, tick, width) + 3, axisHeight / 2);
  }
  context.fillStyle = ink.line;
  context.fillRect(0, axisHeight - 1, width, 1);
}

function paintBar(context: CanvasRenderingContext2D, picture: Picture, ink: Ink, bar: Bar, middle: number): void {
  const begin = Math.max(-2, toPixel(picture.seen, bar.begin, picture.width));
  const end = Math.min(picture.width + 2, toPixel(picture.seen, bar.end, picture.width));
  // A state that lasts for less than a pixel is told by its marks.
  if (end - begin < 1) return;
  if (bar.unsure) stripe(context, ink.tones.other, 6, begin, middle - 5, end - begin, 10);
  else shade(context, ink.tones.other, 0.25, begin, middle - 5, end - begin, 10);
}

function paintGap(context: CanvasRenderingContext2D, { seen, width, height }: Picture, ink: Ink, gap: Gap): void {
  const begin = Math.max(0, toPixel(seen, Date.parse(gap.from), width));
  const end = Math.min(width, Math.max(begin + 2, toPixel(seen, Date.parse(gap.to), width)));
  if (end > begin) stripe(context, ink.tones.refused, 10, begin, axisHeight, end - begin, height - axisHeight);
}

function paintNow(context: CanvasRenderingContext2D, { seen, width, height, now }: Picture, ink: Ink): void {
  if (now < seen.begin || now > seen.end) return;
  const at = Math.min(width - 2, toPixel(seen, now, width));
  context.fillStyle = ink.accent;
  context.fillRect(at, axisHeight, 2, height);
  context.font = "11px sans-serif";
  context.textBaseline = "top";
  context.fillText("now", Math.max(0, at - 26), axisHeight + 2);
}

/** The most telling of the events that share a place stands for all of them. */
function addMarks(marks: ReadonlyMap<Tone, number[]>, { seen, width }: Picture, lane: SceneLane, middle: number): void {
  const add = ({ at, rank }: { at: number; rank: number }) => marks.get(tones[rank] ?? "other")?.push(at, middle);
  let open: { at: number; rank: number } | null = null;
  const begin = firstFrom(lane.times, seen.begin);
  for (let place = begin; place < lane.times.length; place += 1) {
    const time = lane.times[place] ?? 0;
    if (time > seen.end) break;
    const at = toPixel(seen, time, width);
    const rank = lane.ranks[place] ?? 0;
    if (open !== null && at - open.at < mergePixels) {
      open.rank = Math.max(open.rank, rank);
      continue;
    }
    if (open !== null) add(open);
    open = { at, rank };
  }
  if (open !== null) add(open);
}

function shade(context: CanvasRenderingContext2D, colour: string, alpha: number, ...box: Box): void {
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  context.fillRect(...box);
  context.globalAlpha = 1;
}
