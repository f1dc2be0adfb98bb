import { expect, test } from "vitest";
import { readViews, withView } from "./savedViews";

const refused = { name: "Refused", address: "/?q=result:denied" };

test("a view of the same name is replaced, and all stand by their names", () => {
  const views = withView(withView([refused], { name: " Deleted ", address: "/?q=change:delete" }), {
    name: "Refused",
    address: "/?q=code:403",
  });
  expect(views).toEqual([
    { name: "Deleted", address: "/?q=change:delete" },
    { name: "Refused", address: "/?q=code:403" },
  ]);
});

test("what is stored comes back", () => {
  expect(readViews(JSON.stringify([refused]))).toEqual([refused]);
  expect(readViews(null)).toEqual([]);
});

test.each(["{", "{}", '"x"', "[null, 3]", '[{"name":"a"}]', '[{"name":"a","address":"//evil.example/"}]'])(
  "%s is no view",
  (stored) => {
    expect(readViews(stored)).toEqual([]);
  },
);
