import { expect, test } from "vitest";
import { asYaml } from "../diff/asYaml";
import { lineOwners } from "./lineOwners";

const object = {
  metadata: { labels: { app: "web", "a.b/c": "d" }, name: "web" },
  spec: { args: ["x", "y"], containers: [{ image: "web:1", name: "web" }], script: "a\nb\n" },
};

test("every line has the owner of its field", () => {
  const lines = lineOwners(asYaml(object), object, [
    { path: "metadata.labels.app", owner: "alice" },
    { path: 'metadata.labels["a.b/c"]', owner: "bob" },
    { path: "metadata.name", owner: "alice" },
    { path: "spec.args", owner: "carol" },
    { path: "spec.containers[name=web].image", owner: "deployer" },
    { path: "spec.containers[name=web].name", owner: "alice" },
    { path: "spec.script", owner: "dora" },
  ]);
  expect(lines.map(({ text, owner }) => [text.trim(), owner])).toEqual([
    ["metadata:", null],
    ["labels:", null],
    ["a.b/c: d", "bob"],
    ["app: web", "alice"],
    ["name: web", "alice"],
    ["spec:", null],
    ["args:", "carol"],
    ["- x", "carol"],
    ["- y", "carol"],
    ["containers:", null],
    ["- image: web:1", "deployer"],
    ["name: web", "alice"],
    ["script: |", "dora"],
    ["a", "dora"],
    ["b", "dora"],
  ]);
});
