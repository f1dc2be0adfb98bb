import { expect, test } from "vitest";
import { fieldSuggestions, take, unfinishedAt } from "./completion";

test("at a bare word a field is offered", () => {
  expect(unfinishedAt("user:alice ve", 13)).toMatchObject({ field: null, typed: "ve", start: 11 });
  expect(fieldSuggestions("ve").map(({ text }) => text)).toEqual(["verb:", "verdict:"]);
});

test("behind a colon its values are offered", () => {
  expect(unfinishedAt("-verb:ge", 8)).toMatchObject({ field: { name: "verb" }, typed: "ge", start: 6 });
  expect(unfinishedAt("verb:(get OR li", 15)).toMatchObject({ field: { name: "verb" }, typed: "li", start: 13 });
  expect(unfinishedAt("user:system:node:", 17)).toMatchObject({ field: { name: "user" }, typed: "system:node:" });
});

test("inside quotation marks nothing is offered", () => {
  expect(unfinishedAt('name:"web ve', 12)).toBeNull();
});

test("a taken value is finished by a space, a field waits for its value", () => {
  const value = unfinishedAt("user:al", 7);
  if (value === null) throw new Error("nothing to complete");
  expect(take("user:al", value, { text: "alice", insert: "alice", note: "" })).toEqual({
    text: "user:alice ",
    caret: 11,
  });
  const field = unfinishedAt("ve ns:shop", 2);
  if (field === null) throw new Error("nothing to complete");
  expect(take("ve ns:shop", field, { text: "verb:", insert: "verb:", note: "" })).toEqual({
    text: "verb: ns:shop",
    caret: 5,
  });
});
