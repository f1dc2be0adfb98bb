import type { StatusBody } from "../api/model";
import { counted } from "../text/count";
import { ago, lengthInWords } from "../time/length";
import type { Finding } from "./finding";
import { hasNothing } from "./findings";
import { sinceMs, type PointOfView } from "./pointOfView";
import { sendsByItself } from "./sourceChecks";

export interface Verdict {
  tone: "well" | "doubtful" | "bad";
  sentence: string;
  more: string;
}

/** So long may a cluster be quiet before that is the first thing to be said. */
const quietMs = 3_600_000;

/** The answer to "is my pipe working?", before anything else. */
export function verdictOf(status: StatusBody, findings: readonly Finding[], view: PointOfView): Verdict {
  if (hasNothing(status)) return { tone: "bad", sentence: "Nothing has ever come in.", more: "" };
  const urgent = findings.filter((finding) => finding.urgent);
  const rest = findings.length - urgent.length;
  const [worst] = urgent;
  if (worst !== undefined) {
    const others = urgent.length - 1;
    return {
      tone: "bad",
      sentence: `Something is wrong: ${worst.problem}.`,
      more: others === 0 ? "" : `And ${counted(others, "more problem")}.`,
    };
  }
  const better = rest === 0 ? "" : `${counted(rest, "thing")} could be better.`;
  const heard = lastHeard(status);
  if (heard === null) {
    return {
      tone: "well",
      sentence: "Nothing is wrong, but nothing comes in by itself: all that is here was imported.",
      more: better,
    };
  }
  const silentMs = sinceMs(heard, view);
  if (silentMs >= quietMs)
    return { tone: "doubtful", sentence: `Nothing has come in for ${lengthInWords(silentMs / 1_000)}.`, more: better };
  return { tone: "well", sentence: `All is well: records last came in ${ago(heard, view.now)}.`, more: better };
}

function lastHeard({ sources }: StatusBody): string | null {
  const times = sources.filter(sendsByItself).flatMap(({ last_received }) => last_received ?? []);
  return times.length === 0 ? null : times.reduce((a, b) => (a < b ? b : a));
}
