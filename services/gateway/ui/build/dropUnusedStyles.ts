import { parse, type Container } from "postcss";
import type { Plugin } from "vite";

/** Mantine's own class names: a fixed hash, literal in the code of the component that uses it. */
const OWN = /\bm_[0-9a-f]{4,10}\b/g;

/**
 * Leaves out the styles of Mantine's components that no page uses: its style sheet has all of them, a page a third.
 *
 * A rule goes when every one of its selectors names a class of Mantine that stands in no script.
 */
export function dropUnusedStyles(): Plugin {
  return {
    name: "drop-unused-styles",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle);
      const used = new Set(files.flatMap((file) => (file.type === "chunk" ? (file.code.match(OWN) ?? []) : [])));
      for (const file of files) {
        if (file.type !== "asset" || !file.fileName.endsWith(".css")) continue;
        file.source = drop(file.source.toString(), used);
      }
    },
  };
}

function drop(css: string, used: ReadonlySet<string>): string {
  const root = parse(css);
  root.walkRules((rule) => {
    const kept = rule.selectors.filter((selector) => (selector.match(OWN) ?? []).every((name) => used.has(name)));
    if (kept.length === 0) rule.remove();
    else if (kept.length < rule.selectors.length) rule.selectors = kept;
  });
  root.walkAtRules((rule) => {
    if (rule.nodes?.length === 0) removeEmpty(rule);
  });
  return root.toString();
}

/** A rule that became empty, and what held nothing but it. */
function removeEmpty(container: Container): void {
  const parent = container.parent as Container | undefined;
  container.remove();
  if (parent && parent.type !== "root" && parent.nodes?.length === 0) removeEmpty(parent);
}
