import { expect, test } from "vitest";
import { accessQuery } from "./accessQuery";

const pod = { cluster: "prod", group: "", resource: "pods", namespace: "shop", name: "web-1" };

test("sessions and reads of the object itself are found", () => {
  const query = accessQuery(pod);
  expect(query).toContain("group:core resource:pods ns:shop name:web-1");
  expect(query).toContain("sub:(exec OR attach OR portforward OR log OR proxy)");
});

test("whoever lists Secrets has read each of them", () => {
  const query = accessQuery({ ...pod, resource: "secrets", name: "db" });
  expect(query).toContain('(name:db OR verb:(list OR watch) name:"")');
});

test("what lies in no namespace is not looked for in one", () => {
  expect(accessQuery({ ...pod, resource: "nodes", namespace: "", name: "node-1" })).not.toContain("ns:");
});
