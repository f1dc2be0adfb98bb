// Puts a packed copy beside every file, which the program sends to browsers that take it. Prints how large the page is as
// browsers load it, and fails where it has grown beyond its budget.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const budget = 400 * 1024;
const dist = new URL("../dist", import.meta.url).pathname;

const entries = readdirSync(dist, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith("."));
let total = 0;
for (const file of files) {
  const path = join(file.parentPath, file.name);
  const packed = gzipSync(readFileSync(path), { level: 9 });
  writeFileSync(`${path}.gz`, packed);
  total += packed.length;
  console.log(`${(packed.length / 1024).toFixed(1).padStart(8)} KiB gzip  ${path.slice(dist.length + 1)}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(8)} KiB gzip  in total, of ${budget / 1024} allowed`);
if (total > budget) process.exit(1);
