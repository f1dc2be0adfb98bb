import { expect, test } from "vitest";
import { visible, visibleLines } from "./visible";

test("what hides or reorders text is written out", () => {
  expect(visible("al\u202eice")).toBe("al\\u{202e}ice");
  expect(visible("\u001b[31mred")).toBe("\\u{1b}[31mred");
  expect(visible("zero\u200bwidth")).toBe("zero\\u{200b}width");
  expect(visible("tag\u{e0041}")).toBe("tag\\u{e0041}");
});

test("ordinary text of any language stays as it is", () => {
  const text = "Müller – 管理者 – 🚀 – مدير";
  expect(visible(text)).toBe(text);
});

test("only texts of several lines keep their line breaks", () => {
  expect(visible("a\nb")).toBe("a\\u{a}b");
  expect(visibleLines("a\n\tb\r")).toBe("a\n\tb\\u{d}");
});
