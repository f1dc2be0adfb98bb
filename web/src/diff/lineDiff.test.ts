import { expect, test } from "vitest";
import { inParts, pairLines, type Line } from "./lineDiff";

const text = (line: Line | null) => line?.pieces.map((piece) => piece.text).join("") ?? null;
const changed = (line: Line | null) => line?.pieces.filter((piece) => piece.changed).map((piece) => piece.text);

test("a changed line shows which letters are different", () => {
  const pairs = pairLines("image: web:1.27\nreplicas: 3\n", "image: web:1.28\nreplicas: 3\n");
  expect(pairs).toHaveLength(2);
  expect(pairs[0]?.equal).toBe(false);
  expect(changed(pairs[0]?.before ?? null)).toEqual(["7"]);
  expect(changed(pairs[0]?.after ?? null)).toEqual(["8"]);
  expect(pairs[1]?.equal).toBe(true);
});

test("lines keep the numbers of their own side", () => {
  const pairs = pairLines("a: 1\nc: 3\n", "a: 1\nb: 2\nc: 3\n");
  expect(pairs.map(({ before, after }) => [before?.number ?? null, after?.number ?? null])).toEqual([
    [1, 1],
    [null, 2],
    [2, 3],
  ]);
  expect(text(pairs[1]?.after ?? null)).toBe("b: 2");
});

test("a creation has no side before", () => {
  expect(pairLines("", "a: 1\n").map(({ before }) => before)).toEqual([null]);
});

test("equal lines far from a difference are left out, and none is lost", () => {
  const before = Array.from({ length: 40 }, (_, index) => `line${index}: ${index}`).join("\n") + "\n";
  const pairs = pairLines(before, before.replace("line20: 20", "line20: x"));
  const parts = inParts(pairs, 3);
  expect(parts.map(({ kind, pairs: own }) => [kind, own.length])).toEqual([
    ["left_out", 17],
    ["pairs", 7],
    ["left_out", 16],
  ]);
});

test("letters that two words share by chance are shown as changed", () => {
  const [pair] = pairLines("imagePullPolicy: IfNotPresent\n", "imagePullPolicy: Always\n");
  expect(changed(pair?.before ?? null)).toEqual(["IfNotPresent"]);
  expect(changed(pair?.after ?? null)).toEqual(["Always"]);
});
