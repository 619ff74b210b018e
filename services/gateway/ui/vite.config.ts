import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** What is smaller gains nothing: the headers weigh more. */
const SMALLEST_COMPRESSED = 1024;

/** Writes `.br` and `.gz` beside every text file, so that the gateway compresses nothing at run time. */
function precompress(): Plugin {
  let target = "";
  return {
    name: "precompress",
    apply: "build",
    configResolved(config) {
      target = join(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const entry of readdirSync(target, { recursive: true, encoding: "utf8" })) {
        const path = join(target, entry);
        if (!/\.(js|css|svg)$/.test(path) || statSync(path).size < SMALLEST_COMPRESSED) continue;
        const bytes = readFileSync(path);
        const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, quality));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

/** `npm run dev` beside a running Hub: EXEKRA_HUB is its address. */
const hub = process.env["EXEKRA_HUB"] ?? "https://127.0.0.1:4545";

export default defineConfig({
  plugins: [react(), precompress()],
  resolve: { alias: { "~": join(import.meta.dirname, "src") } },
  // The gateway puts a fresh nonce in this place of every page it answers.
  html: { cspNonce: "%EXEKRA_NONCE%" },
  build: { outDir: "dist", assetsDir: "assets", target: "es2024", assetsInlineLimit: 0, chunkSizeWarningLimit: 900 },
  server: {
    proxy: {
      "^/(api|readyz|ca.pem|\\.well-known)": {
        target: hub,
        secure: false,
        changeOrigin: true,
        headers: { origin: hub },
      },
    },
  },
});
