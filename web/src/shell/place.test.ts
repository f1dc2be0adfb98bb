import { expect, test } from "vitest";
import { objectPath, placeOf } from "./place";

test.each([
  { cluster: "prod", group: "apps", resource: "deployments", namespace: "shop", name: "web" },
  { cluster: "prod", group: "", resource: "nodes", namespace: "", name: "node-1" },
  {
    cluster: "prod",
    group: "rbac.authorization.k8s.io",
    resource: "clusterroles",
    namespace: "",
    name: "system:a/b c",
  },
])("the path of %j leads to it", (object) => {
  expect(placeOf(`/${objectPath(object)}`)).toEqual({ page: "object", object });
});

test("a path that leads nowhere says so", () => {
  expect(placeOf("/")).toEqual({ page: "changes" });
  expect(placeOf("/status")).toEqual({ page: "status" });
  expect(placeOf("/status/of/what")).toEqual({ page: "unknown" });
  expect(placeOf("/objects/prod")).toEqual({ page: "unknown" });
  expect(placeOf("/%E0%A4%A")).toEqual({ page: "unknown" });
});
