import { expect, test } from "vitest";
import type { ListedObject } from "../api/model";
import { sampleEvent } from "../list/sampleEvent";
import { namesQuery, objectWords, ranked } from "./objectSearch";

function listed(namespace: string, resource: string, name: string, state: ListedObject["state"]): ListedObject {
  const first_seen = "2026-11-23T16:00:00.000000Z";
  const object = { cluster: "prod", group: "", resource, namespace, name };
  return { object, state, first_seen, last_change: sampleEvent("a", first_seen) };
}

test("a name may have a namespace or a kind before it", () => {
  expect(objectWords(" Web ")).toEqual({ name: "web", before: "" });
  expect(objectWords("shop/web")).toEqual({ name: "web", before: "shop" });
  expect(objectWords("deployment web")).toEqual({ name: "web", before: "deployment" });
  expect(objectWords("system:node")).toEqual({ name: "system:node", before: "" });
});

test.each(["", "w", "show as lanes", "web*", 'we"b', "-web", "a/b/c"])("%j is no name", (typed) => {
  expect(objectWords(typed)).toBeNull();
});

test("the query takes a colon for a letter", () => {
  expect(namesQuery({ name: "system:a", before: "" })).toMatch(/^name:\*system\\:a\* /);
});

test("exact names come first, and what exists before what is gone", () => {
  const objects = [
    listed("shop", "events", "web", "exists"),
    listed("shop", "pods", "my-web", "exists"),
    listed("shop", "services", "web", "deleted"),
    listed("shop", "deployments", "web", "exists"),
    listed("vote", "pods", "web-1", "exists"),
  ];
  const names = (before: string) =>
    ranked(objects, { name: "web", before }).map(({ object }) => `${object.resource} ${object.name}`);
  expect(names("")).toEqual(["deployments web", "services web", "pods web-1", "pods my-web", "events web"]);
  expect(names("shop")).toEqual(["deployments web", "services web", "pods my-web", "events web"]);
  expect(names("deployment")).toEqual(["deployments web"]);
});
