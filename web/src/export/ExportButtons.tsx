import type { ExportFormat } from "./rowCount";

const formats: readonly { format: ExportFormat; label: string; explanation: string }[] = [
  { format: "csv", label: "CSV", explanation: "Save everything that this question finds as a file for spreadsheets" },
  {
    format: "ndjson",
    label: "NDJSON",
    explanation: "Save everything that this question finds as a file for programs, one event a line",
  },
];

/** The question that is shown, as a file: one click. */
export function ExportButtons({ ready, onExport }: { ready: boolean; onExport: (format: ExportFormat) => void }) {
  return (
    <div role="group" aria-label="Save as a file" className="export-buttons">
      {formats.map(({ format, label, explanation }) => (
        <button
          key={format}
          type="button"
          className="chip"
          title={explanation}
          disabled={!ready}
          onClick={() => {
            onExport(format);
          }}
        >
          <span aria-hidden="true">↓ </span>
          {label}
        </button>
      ))}
    </div>
  );
}
