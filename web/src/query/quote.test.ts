import { expect, test } from "vitest";
import { term } from "./quote";

test("plain values need no quotation marks", () => {
  expect(term("user", "system:node:node-1")).toBe("user:system:node:node-1");
  expect(term("user", "carol@example.com")).toBe("user:carol@example.com");
});

test("everything else is quoted", () => {
  expect(term("user", "Jane Doe")).toBe('user:"Jane Doe"');
  expect(term("name", "*")).toBe('name:"*"');
  expect(term("name", 'a"b\\c')).toBe('name:"a\\"b\\\\c"');
  expect(term("name", "[x")).toBe('name:"[x"');
});
