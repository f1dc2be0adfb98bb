import { Failure } from "../shell/Failure";
import { counted, grouped } from "../text/count";
import { sizeInWords } from "../text/size";
import type { Export } from "./useExport";

/** How far the export is, and what became of it. */
export function ExportNote({ state, dismiss }: Pick<Export, "state" | "dismiss">) {
  if (state.step === "none") return null;
  if (state.step === "failed") return <Failure error={state.error} onRetry={dismiss} retry="Close" />;
  const button = (
    <button type="button" onClick={dismiss}>
      {state.step === "running" ? "Cancel" : "Close"}
    </button>
  );
  if (state.step === "broken") {
    return (
      <div className="export-note failure" role="alert">
        <span>
          <strong>The export broke off after {counted(state.events, "event")}, and nothing was saved.</strong> Try
          again, or choose a shorter time.
        </span>
        {button}
      </div>
    );
  }
  if (state.step === "saved") {
    return (
      <div className="export-note" role="status">
        <span>
          Saved {counted(state.events, "event")} as <code>{state.name}</code>.
          {state.gaps > 0 && (
            <strong className="warning"> {counted(state.gaps, "gap")} known in this time: records are missing.</strong>
          )}
        </span>
        {button}
      </div>
    );
  }
  const { events, bytes } = state.progress;
  return (
    <div className="export-note">
      <progress aria-label="Export" max={state.total ?? undefined} value={state.total === null ? undefined : events} />
      <span>
        {grouped(events)}
        {state.total !== null && ` of ${grouped(state.total)}`} events, {sizeInWords(bytes)}
      </span>
      {button}
    </div>
  );
}
