/** One message of a stream of server-sent events. */
export interface Frame {
  event: string;
  data: string;
  id: string | null;
}

/**
 * Takes a stream of server-sent events apart. `EventSource` would do so by itself, but cannot send a token.
 * The text may be cut anywhere; what is incomplete waits for the next piece.
 */
export class FrameReader {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id: string | null = null;

  read(text: string): Frame[] {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    const frames: Frame[] = [];
    for (const line of lines) {
      const frame = this.readLine(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (frame !== null) frames.push(frame);
    }
    return frames;
  }

  private readLine(line: string): Frame | null {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id") this.id = value;
    return null;
  }

  private dispatch(): Frame | null {
    const frame =
      this.data.length === 0 ? null : { event: this.event || "message", data: this.data.join("\n"), id: this.id };
    this.event = "";
    this.data = [];
    return frame;
  }
}
