import { diffChars, diffLines } from "diff";

/** A piece of a line; `changed` where it differs from the other side. */
export interface Piece {
  text: string;
  changed: boolean;
}

export interface Line {
  number: number;
  pieces: readonly Piece[];
}

/** Both sides of one place: equal, or one of them missing, or both and different. */
export interface Pair {
  equal: boolean;
  before: Line | null;
  after: Line | null;
}

/** Pairs that stand together, or how many equal lines are left out between them. */
export type Part = { kind: "pairs"; pairs: readonly Pair[] } | { kind: "left_out"; pairs: readonly Pair[] };

/** Longer lines are compared as a whole: a certificate's letters say nothing one by one. */
const longestCompared = 2_000;

export function pairLines(before: string, after: string): Pair[] {
  const pairs: Pair[] = [];
  let [left, right] = [0, 0];
  const chunks = diffLines(before, after);
  for (let at = 0; at < chunks.length; at += 1) {
    const chunk = chunks[at];
    if (chunk === undefined) continue;
    if (!chunk.added && !chunk.removed) {
      for (const text of linesOf(chunk.value)) {
        const pieces = [{ text, changed: false }];
        pairs.push({ equal: true, before: { number: (left += 1), pieces }, after: { number: (right += 1), pieces } });
      }
      continue;
    }
    const next = chunks[at + 1];
    const replaced = chunk.removed && next?.added === true;
    const gone = chunk.removed ? linesOf(chunk.value) : [];
    const come = replaced ? linesOf(next.value) : chunk.added ? linesOf(chunk.value) : [];
    if (replaced) at += 1;
    for (let row = 0; row < Math.max(gone.length, come.length); row += 1) {
      const [old, fresh] = compared(gone[row], come[row]);
      pairs.push({
        equal: false,
        before: old === null ? null : { number: (left += 1), pieces: old },
        after: fresh === null ? null : { number: (right += 1), pieces: fresh },
      });
    }
  }
  return pairs;
}

/** Leaves equal lines out that are further than `context` from a difference. */
export function inParts(pairs: readonly Pair[], context: number): Part[] {
  const near = new Array<boolean>(pairs.length).fill(false);
  pairs.forEach(({ equal }, index) => {
    if (!equal) near.fill(true, Math.max(0, index - context), index + context + 1);
  });
  const parts: { kind: Part["kind"]; pairs: Pair[] }[] = [];
  pairs.forEach((pair, index) => {
    const kind = near[index] === true ? "pairs" : "left_out";
    const last = parts.at(-1);
    if (last?.kind === kind) last.pairs.push(pair);
    else parts.push({ kind, pairs: [pair] });
  });
  return parts;
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function compared(old: string | undefined, fresh: string | undefined): [Piece[] | null, Piece[] | null] {
  if (old === undefined) return [null, [{ text: fresh ?? "", changed: false }]];
  if (fresh === undefined) return [[{ text: old, changed: false }], null];
  const whole: [Piece[], Piece[]] = [[{ text: old, changed: false }], [{ text: fresh, changed: false }]];
  if (old.length > longestCompared || fresh.length > longestCompared) return whole;
  const chunks = diffChars(old, fresh);
  const same = chunks.reduce((sum, { added, removed, value }) => sum + (added || removed ? 0 : value.trim().length), 0);
  // Lines that have hardly a letter in common are two lines, and a pattern of single letters would only flicker.
  if (same * 3 < Math.max(old.trim().length, fresh.trim().length)) return whole;
  const pieces = (side: "added" | "removed") =>
    joined(
      chunks
        .filter((chunk) => (side === "added" ? !chunk.removed : !chunk.added))
        .map(({ value, added, removed }) => ({ text: value, changed: added || removed })),
    );
  return [pieces("removed"), pieces("added")];
}

/** Letters that two words have in common by chance are no common part of them. */
const leastCommon = 3;

function joined(pieces: readonly Piece[]): Piece[] {
  const whole: Piece[] = [];
  pieces.forEach((piece, index) => {
    const byChance = !piece.changed && index > 0 && piece.text.length < leastCommon && /\w/.test(piece.text);
    const changed = piece.changed || byChance;
    const last = whole.at(-1);
    if (last?.changed === changed) whole[whole.length - 1] = { text: last.text + piece.text, changed };
    else whole.push({ text: piece.text, changed });
  });
  return whole;
}
