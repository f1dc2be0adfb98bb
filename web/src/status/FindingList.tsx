import { visible } from "../text/visible";
import type { Finding } from "./finding";

export function FindingList({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <section aria-label="What to look at">
      <h2>What to look at</h2>
      <ul className="findings">
        {findings.map(({ check, urgent, problem, cause, fix }) => (
          <li key={`${check} ${problem}`} className={urgent ? "urgent" : ""}>
            <span className={`outcome ${urgent ? "failed" : ""}`}>{urgent ? "problem" : "advice"}</span>
            <div>
              <strong>{visible(problem)}</strong>: {ended(visible(cause))}{" "}
              <span className="quiet">{visible(fix)}.</span>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function ended(sentence: string): string {
  return /[.?]$/.test(sentence) ? sentence : `${sentence}.`;
}
