import { request } from "../api/ask";
import { everything, resolved, type TimeRange } from "../time/range";
import { RowCount, type ExportFormat } from "./rowCount";

export interface Progress {
  events: number;
  bytes: number;
}

export interface Exported extends Progress {
  file: Blob;
  /** How many gaps are known in the time of the file. */
  gaps: number;
}

/** What came is only a part. It has no file on purpose: nobody may take it for the whole. */
export class BrokenOff extends Error {
  readonly events: number;

  constructor(events: number) {
    super("The export broke off.");
    this.name = "BrokenOff";
    this.events = events;
  }
}

// The browser may put a finished blob on the disk; pieces of an array stay in memory.
const pieceBytes = 8 * 1024 * 1024;

/** Everything that the question finds, as one file. */
export async function fetchExport(
  query: string,
  range: TimeRange,
  format: ExportFormat,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Exported> {
  const parameters = { q: query, ...pointsOf(range, new Date()), format };
  const response = await request("export", parameters, { Accept: "*/*" }, signal);
  const rows = new RowCount(format);
  const finished: Blob[] = [];
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let [bytes, unfinished] = [0, 0];
  try {
    for await (const piece of piecesOf(response)) {
      rows.take(piece);
      pieces.push(piece);
      bytes += piece.length;
      unfinished += piece.length;
      if (unfinished >= pieceBytes) {
        finished.push(new Blob(pieces));
        [pieces, unfinished] = [[], 0];
      }
      onProgress({ events: rows.events, bytes });
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw new BrokenOff(rows.events);
  }
  // A proxy in between may end a broken stream as if it were whole.
  if (!rows.endsWhole) throw new BrokenOff(rows.events);
  const type = response.headers.get("Content-Type") ?? "application/octet-stream";
  const gaps = Number(response.headers.get("Taffrail-Gaps") ?? 0);
  return { file: new Blob([...finished, ...pieces], { type }), events: rows.events, bytes, gaps };
}

/** The list's own time, with nothing relative left. An end that is open stays so, as it is in the list. */
function pointsOf(range: TimeRange, now: Date): { from: string; to: string } {
  const { from, to } = resolved(range, now);
  return { from: range.from === everything.from ? "" : from, to: range.to === "" ? "" : to };
}

async function* piecesOf(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  for (;;) {
    const read = await reader?.read();
    if (read === undefined || read.done) return;
    yield read.value;
  }
}
