import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    environment: "node",
    // Every file starts a program and a browser of its own; a small machine has room for one of each.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // As long as the browser waits for what it is asked to wait for.
    expect: { poll: { timeout: 30_000 } },
  },
});
