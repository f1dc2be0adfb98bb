export type Box = readonly [x: number, y: number, width: number, height: number];

const tiles = new Map<string, OffscreenCanvas>();

/** Stripes a box, the lines `distance` apart. They are a pattern: lines drawn one by one take most of the time of a picture. */
export function stripe(context: CanvasRenderingContext2D, colour: string, distance: number, ...box: Box): void {
  const pattern = context.createPattern(tileOf(colour, distance), "repeat");
  if (pattern === null) return;
  context.globalAlpha = 0.6;
  context.fillStyle = pattern;
  context.fillRect(...box);
  context.globalAlpha = 1;
}

function tileOf(colour: string, size: number): OffscreenCanvas {
  const key = `${colour} ${String(size)}`;
  const known = tiles.get(key);
  if (known !== undefined) return known;
  const tile = new OffscreenCanvas(size, size);
  const context = tile.getContext("2d");
  if (context !== null) {
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    // The corners belong to the lines of the tiles beside it.
    for (const shift of [-size, 0, size]) {
      context.moveTo(shift - 1, size + 1);
      context.lineTo(shift + size + 1, -1);
    }
    context.stroke();
  }
  tiles.set(key, tile);
  return tile;
}
