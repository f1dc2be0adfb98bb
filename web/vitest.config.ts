import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
    // A zone with daylight saving, so that a test that forgets about zones fails everywhere.
    env: { TZ: "Europe/Berlin" },
  },
});
