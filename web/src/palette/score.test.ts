import { expect, test } from "vitest";
import { score } from "./score";

test("all words have to be there, in any order", () => {
  expect(score("a", "utc show", ["Show UTC"])).toBe(1);
  expect(score("a", "utc hide", ["Show UTC"])).toBe(0);
  expect(score("a", "", ["Show UTC"])).toBe(1);
});

test("a beginning of a word fits better than its middle", () => {
  expect(score("a", "lan", ["Show as lanes"])).toBeGreaterThan(score("a", "ane", ["Show as lanes"]));
  expect(score("a", "csv", ["Save as a file", "export csv"])).toBe(1);
});

test("what the server found fits, but never better than a command", () => {
  expect(score("found x", "anything", [])).toBeGreaterThan(0);
  expect(score("found x", "x", ["x"])).toBeLessThan(score("a", "x", ["ax"]));
});
