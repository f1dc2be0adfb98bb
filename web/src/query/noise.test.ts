import { expect, test } from "vitest";
import { allOf, noises, onlyNoise, withoutNoise } from "./noise";

const nothing = new Set<never>();

test("an alternative keeps its meaning beside other terms", () => {
  expect(allOf(["user:alice OR user:bob", "cluster:prod"])).toBe("(user:alice OR user:bob) cluster:prod");
  expect(allOf(["a OR (b OR c) d", "e"])).toBe("(a OR (b OR c) d) e");
  expect(allOf(["verb:(get OR list)", "e"])).toBe("verb:(get OR list) e");
  expect(allOf(["", "user:alice"])).toBe("user:alice");
});

test("a shown kind of noise is not taken out of the query", () => {
  const all = withoutNoise("user:alice", nothing);
  const withStatus = withoutNoise("user:alice", new Set(["status" as const]));
  expect(all).toContain("-statusonly:true");
  expect(withStatus).not.toContain("statusonly");
  expect(withStatus).toContain("-kind:flow");
});

test("a chip counts what it alone holds back", () => {
  const system = noises.find(({ kind }) => kind === "system");
  if (system === undefined) throw new Error("no such kind of noise");
  const query = onlyNoise("", nothing, system);
  expect(query).toContain("-statusonly:true");
  expect(query).not.toContain("-by:");
  expect(query).toContain("by:(system OR controller OR node)");
});
