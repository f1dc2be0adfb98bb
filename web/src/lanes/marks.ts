// The marks of events, written dot by dot: thousands of paths or pictures take a canvas ten times as long.
import type { Tone } from "./scene";

/** From the middle of a mark to the edge of its stamp, in pixels. */
const half = 8;

/** The dots of a mark that are not empty: where they lie from its upper left corner, and their colour as `ImageData` holds it. */
interface Stamp {
  columns: Int32Array;
  rows: Int32Array;
  colours: Uint32Array;
}

/** A layer of marks that is filled anew for each picture. */
export class MarkLayer {
  private readonly stamps = new Map<string, Stamp>();
  private canvas = new OffscreenCanvas(1, 1);
  private image = new ImageData(1, 1);
  private dots = new Uint32Array(1);
  private dense = 1;

  /** Begins with an empty layer of so many dots, `dense` of them a pixel. */
  clear(width: number, height: number, dense: number): void {
    this.dense = dense;
    if (this.image.width === width && this.image.height === height) {
      this.dots.fill(0);
      return;
    }
    this.canvas = new OffscreenCanvas(width, height);
    this.image = new ImageData(width, height);
    this.dots = new Uint32Array(this.image.data.buffer);
  }

  /** Marks with the middle in these pixels; `places` holds x and y in turn. */
  add(tone: Tone, colour: string, places: readonly number[]): void {
    const stamp = this.stampOf(tone, colour);
    for (let place = 0; place < places.length; place += 2) {
      const left = Math.round(((places[place] ?? 0) - half) * this.dense);
      const top = Math.round(((places[place + 1] ?? 0) - half) * this.dense);
      this.press(stamp, left, top);
    }
  }

  drawOn(context: CanvasRenderingContext2D): void {
    const layer = this.canvas.getContext("2d");
    if (layer === null) return;
    layer.putImageData(this.image, 0, 0);
    context.drawImage(this.canvas, 0, 0, this.image.width / this.dense, this.image.height / this.dense);
  }

  private press({ columns, rows, colours }: Stamp, left: number, top: number): void {
    const { width, height } = this.image;
    for (let at = 0; at < colours.length; at += 1) {
      const column = left + (columns[at] ?? 0);
      const row = top + (rows[at] ?? 0);
      if (column < 0 || column >= width || row < 0 || row >= height) continue;
      const colour = colours[at] ?? 0;
      const place = row * width + column;
      // Whatever covers more of the dot: soft edges stay soft, and make no hole in what lies under them.
      if (colour >>> 24 >= (this.dots[place] ?? 0) >>> 24) this.dots[place] = colour;
    }
  }

  private stampOf(tone: Tone, colour: string): Stamp {
    const key = `${tone} ${colour} ${String(this.dense)}`;
    const known = this.stamps.get(key);
    if (known !== undefined) return known;
    const size = Math.ceil(2 * half * this.dense);
    const context = new OffscreenCanvas(size, size).getContext("2d");
    if (context === null) throw new Error("this browser draws nothing");
    context.scale(this.dense, this.dense);
    context.translate(half, half);
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = 1.5;
    drawMark(context, tone);
    const stamp = stampIn(new Uint32Array(context.getImageData(0, 0, size, size).data.buffer), size);
    this.stamps.set(key, stamp);
    return stamp;
  }
}

function stampIn(dots: Uint32Array, size: number): Stamp {
  const places = [...dots.keys()].filter((place) => dots[place] !== 0);
  return {
    columns: Int32Array.from(places, (place) => place % size),
    rows: Int32Array.from(places, (place) => Math.floor(place / size)),
    colours: Uint32Array.from(places, (place) => dots[place] ?? 0),
  };
}

function drawMark(context: OffscreenCanvasRenderingContext2D, tone: Tone): void {
  context.beginPath();
  switch (tone) {
    case "other":
      context.fillRect(-1.5, -3, 3, 6);
      break;
    case "create":
      diamond(context, 6);
      context.fill();
      break;
    case "update":
      diamond(context, 4);
      context.fill();
      break;
    case "delete":
      diamond(context, 6);
      context.stroke();
      break;
    case "refused":
      diamond(context, 6);
      context.moveTo(-3, -3);
      context.lineTo(3, 3);
      context.moveTo(3, -3);
      context.lineTo(-3, 3);
      context.stroke();
  }
}

function diamond(context: OffscreenCanvasRenderingContext2D, size: number): void {
  context.moveTo(0, -size);
  context.lineTo(size, 0);
  context.lineTo(0, size);
  context.lineTo(-size, 0);
  context.closePath();
}
