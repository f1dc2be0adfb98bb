import { expect, test } from "vitest";
import { segmentsOf, stepsOf } from "./fieldPath";

const object = {
  metadata: { labels: { "app.kubernetes.io/name": "web" } },
  spec: {
    containers: [{ name: "proxy" }, { name: "web", image: "web:1" }],
    ports: [
      { port: 80, protocol: "UDP" },
      { port: 80, protocol: "TCP", targetPort: 8080 },
    ],
  },
};

test.each([
  ['metadata.labels["app.kubernetes.io/name"]', ["metadata", "labels", "app.kubernetes.io/name"]],
  ["spec.containers[name=web].image", ["spec", "containers", 1, "image"]],
  ["spec.ports[port=80,protocol=TCP].targetPort", ["spec", "ports", 1, "targetPort"]],
  ["spec.containers[1].image", ["spec", "containers", 1, "image"]],
  ["spec.containers", ["spec", "containers"]],
])("%s leads to its place", (path, steps) => {
  expect(stepsOf(path, object)).toEqual(steps);
});

test.each(["spec.containers[name=none].image", "spec.none", "spec.containers[7]", "spec.containers.image"])(
  "%s leads nowhere",
  (path) => {
    expect(stepsOf(path, object)).toBeNull();
  },
);

test("slashes and dots in a merge key's value end nothing", () => {
  expect(segmentsOf("spec.volumeMounts[mountPath=/var/run/a.b].name")).toEqual([
    "spec",
    "volumeMounts",
    new Map([["mountPath", "/var/run/a.b"]]),
    "name",
  ]);
});
