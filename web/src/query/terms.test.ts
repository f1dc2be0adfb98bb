import { expect, test } from "vitest";
import { allOf } from "./noise";
import { presets } from "./presets";
import { holds, termsOf, withoutTerm, withoutTerms } from "./terms";

test("a question is cut where a space means AND", () => {
  const check = (query: string, terms: string[] | null) => {
    expect(termsOf(query)).toEqual(terms);
  };
  check("", []);
  check("  ns:shop  -user:bob ", ["ns:shop", "-user:bob"]);
  check('user:"Jane Doe" AND verb:(get OR list)', ['user:"Jane Doe"', "verb:(get OR list)"]);
  check("NOT ns:a (b OR c)", ["NOT ns:a", "(b OR c)"]);
  check("code:[200 TO 299] time:[yesterday 14:00 TO now-1h]", [
    "code:[200 TO 299]",
    "time:[yesterday 14:00 TO now-1h]",
  ]);
  check("uri:/a[0 name:x", ["uri:/a[0", "name:x"]);
  check(String.raw`user:CORP\ alice "a \" b" c`, [String.raw`user:CORP\ alice`, String.raw`"a \" b"`, "c"]);
});

test("an OR of questions is one term", () => {
  expect(termsOf("a:1 OR b:2 c:3")).toEqual(["a:1 OR b:2 c:3"]);
  expect(withoutTerm("a:1 OR b:2", "a:1 OR b:2")).toBe("");
});

test("what cannot be read has no terms", () => {
  for (const query of ['"open', "(open", "close)", "a NOT", "code:[200 TO"]) expect(termsOf(query)).toBeNull();
});

test("one term is taken out and the others stay as they were written", () => {
  expect(withoutTerm('user:"Jane Doe" ns:shop verb:(get OR list)', "ns:shop")).toBe(
    'user:"Jane Doe" verb:(get OR list)',
  );
});

test("every frequent question goes beside another one, is known again there, and comes out", () => {
  for (const { query } of presets) {
    for (const given of ["", "ns:shop", "a:1 OR b:2", 'user:"Jane Doe" -verb:get']) {
      expect(holds(given, query)).toBe(false);
      const both = allOf([given, query]);
      expect(holds(both, query)).toBe(true);
      expect(withoutTerms(both, query)).toBe(given.includes(" OR ") ? `(${given})` : given);
    }
  }
});
