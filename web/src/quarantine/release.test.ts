import { expect, test } from "vitest";
import type { Quarantine } from "../api/model";
import { releaseCommand, unlabelCommand } from "./release";

function quarantineOf(name: string): Quarantine {
  return {
    cluster: "prod",
    object: { cluster: "prod", group: "", resource: "pods", namespace: "default", name },
    uid: "",
    since: "2026-11-23T16:24:00.000000Z",
    until: null,
    by: null,
    released_by: null,
    deleted: false,
    policy: null,
    containment: null,
    attempts: 0,
  };
}

test("the command names the pod and the label", () => {
  expect(releaseCommand(quarantineOf("attacker"))).toBe("taffrail quarantine release attacker -n default");
  expect(unlabelCommand(quarantineOf("attacker"), "quarantine=true")).toBe(
    "kubectl label pod attacker -n default quarantine-",
  );
});

test("a name can run nothing in a shell, and is no option", () => {
  expect(releaseCommand(quarantineOf("x; rm -rf '$HOME'"))).toContain(`'x; rm -rf '\\''$HOME'\\'''`);
  expect(releaseCommand(quarantineOf("--all"))).toContain("'--all'");
});
