// Runs one of the TypeScript programs of this folder: node e2e/run.mjs screenshots.ts DIR
import { join } from "node:path";
import { runnerImport } from "vite";

const [name = "", ...given] = process.argv.slice(2);
const { module } = await runnerImport(join(import.meta.dirname, name), { logLevel: "error" });
await module.main(given);
