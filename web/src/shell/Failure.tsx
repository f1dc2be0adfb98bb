import { Refusal, Unreachable } from "../api/ask";
import { visible } from "../text/visible";

/** Why there is no answer, in plain words, and what to do about it. */
export function Failure({
  error,
  onRetry,
  retry = "Try again",
}: {
  error: Error;
  onRetry?: () => void;
  retry?: string;
}) {
  return (
    <div className="failure" role="alert">
      <p>
        <strong>{headline(error)}</strong> {advice(error)}
      </p>
      {error instanceof Refusal && error.problem.request_id !== "" && (
        <p className="quiet">
          The server's log has more under request <code>{error.problem.request_id}</code>.
        </p>
      )}
      {onRetry !== undefined && (
        <button type="button" onClick={onRetry}>
          {retry}
        </button>
      )}
    </div>
  );
}

function headline(error: Error): string {
  if (error instanceof Unreachable) return "Taffrail does not answer.";
  if (error instanceof Refusal && error.problem.status === 429) return "Too many questions at once.";
  if (error instanceof Refusal) return visible(error.problem.detail);
  return "This page has made a mistake.";
}

function advice(error: Error): string {
  if (error instanceof Unreachable)
    return "It may have been stopped, or the network is down. What is on screen, if anything, is what came last.";
  if (error instanceof Refusal) return visible(error.problem.hint ?? "");
  return visible(error.message);
}
