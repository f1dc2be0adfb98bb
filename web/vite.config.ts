import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // `npm run dev` shows the page as it is being written, in front of a program that runs.
  server: { proxy: { "/api": "http://127.0.0.1:8585" } },
  build: {
    outDir: "dist",
    // scripts/empty-dist.mjs empties it, but for the file that keeps the folder.
    emptyOutDir: false,
    sourcemap: false,
    // light-dark() in the styles is left as it is for the browsers that know it.
    target: ["chrome123", "firefox120", "safari17.5"],
    // The page's policy allows no data: scripts or fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
