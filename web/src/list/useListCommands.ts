import type { ExportFormat } from "../export/rowCount";
import { useCommands } from "../palette/command";
import type { ListState } from "./listState";

interface Actions {
  onView: () => void;
  onLive: () => void;
  onTime: () => void;
  onCopy: () => void;
  onExport: (format: ExportFormat) => void;
}

/** What the palette can do on the page of changes. */
export function useListCommands({ view, live }: ListState, ready: boolean, actions: Actions): void {
  const { onView, onLive, onTime, onCopy, onExport } = actions;
  useCommands([
    {
      id: "view",
      name: `Show as ${view === "list" ? "lanes" : "a list"}`,
      words: "list lanes",
      keys: "t",
      run: onView,
    },
    { id: "time", name: "Choose the time", words: "range from to", keys: "d", run: onTime },
    { id: "live", name: live ? "Hold the list still" : "Let new events come", words: "live pause", run: onLive },
    { id: "copy", name: "Copy a link to this", words: "share address url", keys: "y", run: onCopy },
    ...(ready
      ? (["csv", "ndjson"] as const).map((format) => ({
          id: `export ${format}`,
          name: `Save as ${format.toUpperCase()}`,
          words: "export download file",
          run: () => {
            onExport(format);
          },
        }))
      : []),
  ]);
}
