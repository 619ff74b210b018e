import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import { globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const areas = "An area takes nothing from another: move what both need to src/shared.";

export default tseslint.config(
  globalIgnores(["dist", "node_modules", "src/api/schema.d.ts"]),
  js.configs.recommended,
  tseslint.configs.strict,
  hooks.configs.flat.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-console": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      eqeqeq: "error",
      // Speaks of a compiler that is not used here.
      "react-hooks/incompatible-library": "off",
    },
  },
  {
    files: ["src/shared/**", "src/api/**", "src/live/**", "src/theme/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["~/pages/*", "~/shell/*", "~/studio/*"], message: areas }] },
      ],
    },
  },
  {
    files: ["src/pages/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["../*/*", "~/pages/*", "~/shell/*"], message: areas }] },
      ],
    },
  },
);
