import type { Refusal } from "../api/ask";
import { visible } from "../text/visible";

/** What is wrong with the query, and where in it. */
export function QueryError({ query, error }: { query: string; error: Refusal }) {
  const { detail, hint, span } = error.problem;
  // Spans count code points, as the server does.
  const points = Array.from(query);
  const part = (from: number, to?: number) => visible(points.slice(from, to).join(""));
  return (
    <div className="query-error" role="alert">
      {span && (
        <code className="query-place">
          {part(0, span.start)}
          <mark>{part(span.start, span.end) || "␣"}</mark>
          {part(span.end)}
        </code>
      )}
      <p>
        <strong>{visible(detail)}</strong>
        {hint ? `: ${visible(hint)}` : ""}
      </p>
    </div>
  );
}
