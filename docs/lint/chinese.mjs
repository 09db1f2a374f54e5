// Chinese typography: a space between Chinese and Latin, full-width punctuation
// in Chinese prose. Code is left alone: it must equal the program.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import autocorrect from "autocorrect-node";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

function* pages(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name.startsWith(".") || ["node_modules", "testdata"].includes(entry.name)) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* pages(path);
    else if (entry.name.endsWith(".zh-CN.md")) yield path;
  }
}

autocorrect.loadConfig(JSON.stringify({ context: { codeblock: 0 } }));
let found = 0;
for (const path of pages(root)) {
  for (const line of autocorrect.lintFor(readFileSync(path, "utf8"), path).lines) {
    console.log(`${relative(root, path)}:${line.l}:${line.c}: write "${line.new}", not "${line.old}"`);
    found++;
  }
}
process.exit(found ? 1 : 0);
