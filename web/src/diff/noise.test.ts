import { expect, test } from "vitest";
import { asYaml } from "./asYaml";
import { withoutNoise } from "./noise";

const object = {
  status: { replicas: 3 },
  metadata: {
    name: "web",
    resourceVersion: "993",
    generation: 4,
    creationTimestamp: "2026-11-23T16:11:12Z",
    managedFields: [{ manager: "kubectl" }],
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", owner: "shop" },
  },
  kind: "Deployment",
  spec: { replicas: 3 },
};

test("what changes with every write is left out", () => {
  expect(withoutNoise(object)).toEqual({
    kind: "Deployment",
    metadata: { name: "web", annotations: { owner: "shop" } },
    spec: { replicas: 3 },
  });
  expect(object.metadata.resourceVersion).toBe("993");
});

test("annotations of which nothing is left are left out too", () => {
  const applied = { metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" } } };
  expect(withoutNoise(applied)).toEqual({ metadata: {} });
});

test("objects of an unexpected form are not touched", () => {
  expect(withoutNoise(null)).toBeNull();
  expect(withoutNoise("redacted:5")).toBe("redacted:5");
  expect(withoutNoise({ metadata: "odd" })).toEqual({ metadata: "odd" });
});

test("the order of keys is no difference", () => {
  expect(asYaml({ b: 1, a: 2 })).toBe(asYaml({ a: 2, b: 1 }));
});
