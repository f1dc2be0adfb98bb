export type ExportFormat = "csv" | "ndjson";

const newline = 0x0a;
const quote = 0x22;

/** Counts the events of a file that comes in pieces, and tells whether it ends where an event ends. */
export class RowCount {
  private lines = 0;
  private quoted = false;
  private last = newline;
  private readonly format: ExportFormat;

  constructor(format: ExportFormat) {
    this.format = format;
  }

  take(piece: Uint8Array): void {
    for (const byte of piece) {
      // A cell of a CSV file may hold line breaks of its own, within quotation marks.
      if (byte === quote && this.format === "csv") this.quoted = !this.quoted;
      else if (byte === newline && !this.quoted) this.lines += 1;
    }
    this.last = piece.at(-1) ?? this.last;
  }

  /** The first line of a CSV file names its columns. */
  get events(): number {
    return this.format === "csv" ? Math.max(0, this.lines - 1) : this.lines;
  }

  get endsWhole(): boolean {
    return this.last === newline && !this.quoted && (this.format !== "csv" || this.lines > 0);
  }
}
