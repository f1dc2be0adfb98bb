import type { AuditEvent } from "./model";
import { Refusal, request } from "./ask";
import { FrameReader, type Frame } from "./sseFrames";

export interface Lag {
  missed: number | null;
  from: string;
  to: string | null;
}

export type TailState = "connecting" | "live" | "broken";

export interface TailListener {
  onEvent: (event: AuditEvent) => void;
  onLag: (lag: Lag) => void;
  onState: (state: TailState) => void;
}

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Follows `query` until `signal` ends it; a broken connection is taken up again where it broke. */
export async function tail(query: string, listener: TailListener, signal: AbortSignal): Promise<void> {
  let lastId: string | null = null;
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      listener.onState("connecting");
      for await (const frame of frames(query, lastId, signal)) {
        pauseMs = firstPauseMs;
        lastId = frame.id ?? lastId;
        hand(frame, listener);
      }
    } catch (error) {
      // A question that cannot be read stays so, however often it is asked.
      if (error instanceof Refusal && error.problem.status < 429) {
        listener.onState("broken");
        return;
      }
    }
    if (isAborted(signal)) return;
    listener.onState("broken");
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

async function* frames(query: string, lastId: string | null, signal: AbortSignal): AsyncGenerator<Frame> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastId !== null) headers["Last-Event-ID"] = lastId;
  const response = await request("tail", { q: query }, headers, signal);
  if (response.body === null) return;
  const reader = new FrameReader();
  const body = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await body.read();
    if (done) return;
    yield* reader.read(value);
  }
}

function hand(frame: Frame, listener: TailListener): void {
  if (frame.event === "event") listener.onEvent(JSON.parse(frame.data) as AuditEvent);
  else if (frame.event === "lag") listener.onLag(JSON.parse(frame.data) as Lag);
  listener.onState("live");
}

// The abort may come during any await, which the compiler cannot see.
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
