import { useCallback, useEffect, useRef, useState } from "react";
import type { TimeRange } from "../time/range";
import { BrokenOff, fetchExport, type Progress } from "./fetchExport";
import { fileName } from "./fileName";
import type { ExportFormat } from "./rowCount";
import { saveFile } from "./saveFile";

export type ExportState =
  | { step: "none" }
  | { step: "running"; format: ExportFormat; progress: Progress; total: number | null }
  | { step: "saved"; name: string; events: number; gaps: number }
  | { step: "broken"; events: number }
  | { step: "failed"; error: Error };

export interface Export {
  state: ExportState;
  begin: (query: string, range: TimeRange, format: ExportFormat, total: number | null) => void;
  /** Ends what runs, or takes away what was said last. */
  dismiss: () => void;
}

/** One export at a time; it ends with the page that began it. */
export function useExport(): Export {
  const [state, setState] = useState<ExportState>({ step: "none" });
  const running = useRef<AbortController | null>(null);
  useEffect(
    () => () => {
      running.current?.abort();
    },
    [],
  );

  const begin = useCallback<Export["begin"]>((query, range, format, total) => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    const name = fileName(range, format, new Date());
    const show = (next: ExportState) => {
      if (!abort.signal.aborted) setState(next);
    };
    const showProgress = inFrames((progress: Progress) => {
      if (running.current === abort) show({ step: "running", format, progress, total });
    });
    show({ step: "running", format, progress: { events: 0, bytes: 0 }, total });
    fetchExport(query, range, format, showProgress, abort.signal).then(
      ({ file, events, gaps }) => {
        if (abort.signal.aborted) return;
        running.current = null;
        saveFile(file, name);
        show({ step: "saved", name, events, gaps });
      },
      (error: unknown) => {
        if (running.current === abort) running.current = null;
        if (error instanceof BrokenOff) show({ step: "broken", events: error.events });
        else show({ step: "failed", error: error instanceof Error ? error : new Error(String(error)) });
      },
    );
  }, []);

  const dismiss = useCallback(() => {
    running.current?.abort();
    running.current = null;
    setState({ step: "none" });
  }, []);
  return { state, begin, dismiss };
}

/** Pieces come faster than anybody reads: the last one of every frame is shown. */
function inFrames<Value>(show: (value: Value) => void): (value: Value) => void {
  let latest: Value;
  let frame = 0;
  return (value) => {
    latest = value;
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      show(latest);
    });
  };
}
