import { ask } from "../api/ask";
import type { StatusBody } from "../api/model";
import { usePolled } from "../api/usePolled";
import { Link } from "../shell/Link";
import { counted } from "../text/count";
import { findingsOf } from "./findings";

/** Whoever reads a list of changes all night has to hear of it, but not at once. */
const askedMs = 60_000;

/** The way to the status, with a mark where something is wrong. */
export function StatusLink({ search, current }: { search: URLSearchParams; current: boolean }) {
  const { body, at } = usePolled("status", askedMs, (signal) => ask<StatusBody>("status", {}, signal));
  const problems = body === null ? 0 : findingsOf(body, { now: at, zone: "utc" }).filter(({ urgent }) => urgent).length;
  return (
    <Link path="/status" search={search} current={current}>
      Status
      {problems > 0 && (
        <>
          <span className="status-mark" aria-hidden="true" title={counted(problems, "problem")}>
            !
          </span>
          <span className="unseen"> ({counted(problems, "problem")})</span>
        </>
      )}
    </Link>
  );
}
