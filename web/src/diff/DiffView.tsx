import { useMemo, useRef, useState } from "react";
import { counted } from "../text/count";
import { shownYaml } from "./asYaml";
import { beginsHunk, countHunks } from "./hunks";
import { inParts, pairLines, type Line, type Pair } from "./lineDiff";
import { withoutNoise, type Json } from "./noise";
import { useHunks } from "./useHunks";

export type DiffShape = "unified" | "split";

interface Props {
  before: Json;
  after: Json;
  shape: DiffShape;
  noise: boolean;
  titles: readonly [string, string];
}

const context = 3;

/** Two versions of an object as YAML, and what is different between them. */
export function DiffView({ before, after, shape, noise, titles }: Props) {
  const pairs = useMemo(() => {
    const quiet = (object: Json) => shownYaml(noise ? object : withoutNoise(object));
    return pairLines(quiet(before), quiet(after));
  }, [before, after, noise]);
  const parts = useMemo(() => inParts(pairs, context), [pairs]);
  const [whole, setWhole] = useState<ReadonlySet<number>>(new Set());
  const diff = useRef<HTMLDivElement>(null);
  const hunks = useMemo(() => countHunks(pairs), [pairs]);
  const { current, go } = useHunks(diff, hunks);
  if (pairs.every(({ equal }) => equal)) {
    return (
      <p className="diff-equal">
        {noise
          ? "Both are the same."
          : "Both are the same but for noise: status, managed fields, resource version and generation."}
      </p>
    );
  }
  return (
    <>
      {hunks > 1 && <HunkSteps count={hunks} current={current} onStep={go} />}
      <div
        className={`diff ${shape}`}
        ref={diff}
        role="group"
        aria-label={`${titles[0]} and ${titles[1]}`}
        tabIndex={0}
      >
        <table>
          {shape === "split" && (
            <colgroup>
              <col className="number" />
              <col />
              <col className="number" />
              <col />
            </colgroup>
          )}
          {shape === "split" && (
            <thead>
              <tr>
                <th colSpan={2} scope="colgroup">
                  {titles[0]}
                </th>
                <th colSpan={2} scope="colgroup">
                  {titles[1]}
                </th>
              </tr>
            </thead>
          )}
          {parts.map((part, index) =>
            part.kind === "left_out" && !whole.has(index) ? (
              <tbody key={index}>
                <tr className="left-out">
                  <td colSpan={4}>
                    <button
                      type="button"
                      className="link"
                      onClick={() => {
                        setWhole(new Set([...whole, index]));
                      }}
                    >
                      {counted(part.pairs.length, "equal line")}
                    </button>
                  </td>
                </tr>
              </tbody>
            ) : (
              <tbody key={index}>{shape === "split" ? splitRows(part.pairs) : unifiedRows(part.pairs)}</tbody>
            ),
          )}
        </table>
      </div>
    </>
  );
}

function HunkSteps({
  count,
  current,
  onStep,
}: {
  count: number;
  current: number | null;
  onStep: (step: 1 | -1) => void;
}) {
  return (
    <div className="hunk-steps">
      <span aria-live="polite">
        {current === null ? `${counted(count, "place")} differ` : `${current + 1} of ${counted(count, "place")}`}
      </span>
      <button
        type="button"
        aria-label="Previous place that differs"
        title="N"
        disabled={current === 0}
        onClick={() => {
          onStep(-1);
        }}
      >
        <span aria-hidden="true">↑</span>
      </button>
      <button
        type="button"
        aria-label="Next place that differs"
        title="n"
        disabled={current === count - 1}
        onClick={() => {
          onStep(1);
        }}
      >
        <span aria-hidden="true">↓</span>
      </button>
    </div>
  );
}

/** What makes a row the beginning of a change, to which keys go. */
const hunk = { "data-hunk": "", tabIndex: -1 };

function splitRows(pairs: readonly Pair[]) {
  return pairs.map(({ equal, before, after }, index) => (
    <tr key={`${before?.number ?? ""}:${after?.number ?? ""}`} {...(beginsHunk(pairs, index) ? hunk : {})}>
      <Side line={before} sign={equal ? " " : "-"} />
      <Side line={after} sign={equal ? " " : "+"} />
    </tr>
  ));
}

function unifiedRows(pairs: readonly Pair[]) {
  const rows = [];
  // Lines that stand together are shown all before, then all after, as everybody knows it from diff.
  for (let at = 0; at < pairs.length;) {
    const pair = pairs[at];
    if (pair?.equal === true) {
      rows.push(<UnifiedRow key={`=${pair.before?.number ?? 0}`} line={pair.before} sign=" " />);
      at += 1;
      continue;
    }
    let end = at;
    while (pairs[end]?.equal === false) end += 1;
    const run = pairs.slice(at, end);
    const lines = [
      ...run.flatMap(({ before }) => (before === null ? [] : { line: before, sign: "-" as const })),
      ...run.flatMap(({ after }) => (after === null ? [] : { line: after, sign: "+" as const })),
    ];
    lines.forEach(({ line, sign }, index) => {
      rows.push(<UnifiedRow key={`${sign}${line.number}`} line={line} sign={sign} begins={index === 0} />);
    });
    at = end;
  }
  return rows;
}

function UnifiedRow({ line, sign, begins = false }: { line: Line | null; sign: Sign; begins?: boolean }) {
  return (
    <tr {...(begins ? hunk : {})}>
      <Side line={line} sign={sign} />
    </tr>
  );
}

type Sign = " " | "-" | "+";
const toneOf: Record<Sign, string> = { " ": "same", "-": "gone", "+": "come" };

function Side({ line, sign }: { line: Line | null; sign: Sign }) {
  if (line === null) return <td colSpan={2} className="nothing" />;
  return (
    <>
      <td className={`number ${toneOf[sign]}`}>{line.number}</td>
      <td className={`code ${toneOf[sign]}`}>
        <span className="sign">{sign}</span>
        {line.pieces.map((piece, index) =>
          piece.changed ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
        )}
      </td>
    </>
  );
}
