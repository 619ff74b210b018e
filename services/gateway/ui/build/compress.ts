import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import type { Plugin } from "vite";

/** What is smaller gains nothing: the headers weigh more. */
const SMALLEST = 1024;

/** Writes `.br` and `.gz` beside every text file, so that the gateway compresses nothing at run time. */
export function compress(): Plugin {
  let target = "";
  return {
    name: "compress",
    apply: "build",
    configResolved(config) {
      target = join(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const entry of readdirSync(target, { recursive: true, encoding: "utf8" })) {
        const path = join(target, entry);
        if (!/\.(js|css|svg)$/.test(path) || statSync(path).size < SMALLEST) continue;
        const bytes = readFileSync(path);
        const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, quality));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}
