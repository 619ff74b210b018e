import { join } from "node:path";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { compress } from "./build/compress.ts";
import { dropUnusedStyles } from "./build/dropUnusedStyles.ts";

/** `npm run dev` beside a running Hub: EXEKRA_HUB is its address. */
const hub = process.env["EXEKRA_HUB"] ?? "https://127.0.0.1:4545";

export default defineConfig({
  plugins: [react(), dropUnusedStyles(), compress()],
  resolve: { alias: { "~": join(import.meta.dirname, "src") } },
  // The gateway puts a fresh nonce in this place of every page it answers.
  html: { cspNonce: "%EXEKRA_NONCE%" },
  build: {
    outDir: "dist",
    assetsDir: "assets",
    target: "es2024",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // An icon is too small to travel alone; what several pages share travels together.
            { name: "icons", test: /@tabler\/icons-react\/dist\/esm\/icons/ },
            { name: "shared", test: /\/src\/(shared|api|live|routing)\//, minShareCount: 4 },
          ],
        },
      },
    },
  },
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
