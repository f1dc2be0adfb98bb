// The marks of events, written dot by dot: thousands of paths or pictures take a canvas ten times as long.
import type { Tone } from "./scene";

/** From the middle of a mark to the edge of its stamp, in pixels. */
const half = 8;

/** Dots of a mark: their places in the layer, counted from that of the upper left corner, and their colours as `ImageData` holds them. */
interface Dots {
  places: Int32Array;
  colours: Uint32Array;
}

/** A mark as it stands in a layer of one width. */
interface Stamp {
  /** Dots that cover whatever was there. */
  full: Dots;
  /** Soft edges: over another mark they would make a hole in it. */
  soft: Dots;
}

/**
 * A layer of marks that is filled anew for each picture. It reaches further than what is shown, by as much as a mark is large: what
 * lies partly outside needs no look at each of its dots.
 */
export class MarkLayer {
  private readonly stamps = new Map<string, Stamp>();
  private canvas = new OffscreenCanvas(1, 1);
  private image = new ImageData(1, 1);
  private dots = new Uint32Array(1);
  private dense = 1;

  /** Begins with an empty layer of so many dots, `dense` of them a pixel. */
  clear(width: number, height: number, dense: number): void {
    if (this.canvas.width === width && this.canvas.height === height && this.dense === dense) {
      this.dots.fill(0);
      return;
    }
    this.dense = dense;
    this.canvas = new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
    this.image = new ImageData(width + 2 * this.edge, height + 2 * this.edge);
    this.dots = new Uint32Array(this.image.data.buffer);
    this.stamps.clear();
  }

  /** Marks with the middle in these pixels; `places` holds x and y in turn. */
  add(tone: Tone, colour: string, places: readonly number[]): void {
    const { full, soft } = this.stampOf(tone, colour);
    const { dots, edge } = this;
    const { width, height } = this.image;
    for (let place = 0; place < places.length; place += 2) {
      const left = edge + Math.round(((places[place] ?? 0) - half) * this.dense);
      const top = edge + Math.round(((places[place + 1] ?? 0) - half) * this.dense);
      if (left < 0 || top < 0 || left + edge > width || top + edge > height) continue;
      const corner = top * width + left;
      for (let at = 0; at < full.places.length; at += 1) {
        dots[corner + (full.places[at] ?? 0)] = full.colours[at] ?? 0;
      }
      for (let at = 0; at < soft.places.length; at += 1) {
        const dot = corner + (soft.places[at] ?? 0);
        if (dots[dot] === 0) dots[dot] = soft.colours[at] ?? 0;
      }
    }
  }

  drawOn(context: CanvasRenderingContext2D): void {
    const layer = this.canvas.getContext("2d");
    if (layer === null) return;
    layer.putImageData(this.image, -this.edge, -this.edge);
    context.drawImage(this.canvas, 0, 0, this.canvas.width / this.dense, this.canvas.height / this.dense);
  }

  /** A mark's width and height in dots. */
  private get edge(): number {
    return Math.ceil(2 * half * this.dense);
  }

  private stampOf(tone: Tone, colour: string): Stamp {
    const key = `${tone} ${colour}`;
    const known = this.stamps.get(key);
    if (known !== undefined) return known;
    const size = this.edge;
    const context = new OffscreenCanvas(size, size).getContext("2d");
    if (context === null) throw new Error("this browser draws nothing");
    context.scale(this.dense, this.dense);
    context.translate(half, half);
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = 1.5;
    drawMark(context, tone);
    const drawn = new Uint32Array(context.getImageData(0, 0, size, size).data.buffer);
    const alpha = (place: number) => (drawn[place] ?? 0) >>> 24;
    const those = (wanted: (alpha: number) => boolean): Dots => {
      const places = [...drawn.keys()].filter((place) => wanted(alpha(place)));
      return {
        places: Int32Array.from(places, (place) => Math.floor(place / size) * this.image.width + (place % size)),
        colours: Uint32Array.from(places, (place) => drawn[place] ?? 0),
      };
    };
    const stamp = { full: those((alpha) => alpha === 255), soft: those((alpha) => alpha > 0 && alpha < 255) };
    this.stamps.set(key, stamp);
    return stamp;
  }
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
