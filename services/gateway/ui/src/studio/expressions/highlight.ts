/** Colours what stands in `{{ }}` as Python and leaves the text around it alone. */
import { Language, LanguageSupport, defineLanguageFacet } from "@codemirror/language";
import { NodeType, Parser, Tree, parseMixed, type Input, type PartialParse, NodeSet } from "@lezer/common";

const DOCUMENT = NodeType.define({ id: 1, name: "Document", top: true });
const CODE = NodeType.define({ id: 2, name: "Code" });
const NODES = new NodeSet([NodeType.none, DOCUMENT, CODE]);
const BRACES = /\{\{([\s\S]*?)(?:\}\}|$)/g;

/** Finds the pieces of code; templates are short, so the whole text is read at once. */
class TemplateParser extends Parser {
  createParse(input: Input): PartialParse {
    return { parsedPos: input.length, stoppedAt: null, stopAt: () => undefined, advance: () => treeOf(input) };
  }
}

function treeOf(input: Input): Tree {
  const text = input.read(0, input.length);
  const pieces: Tree[] = [];
  const places: number[] = [];
  for (const match of text.matchAll(BRACES)) {
    const code = match[1] ?? "";
    pieces.push(new Tree(CODE, [], [], code.length));
    places.push(match.index + 2);
  }
  return new Tree(NODES.types[1] ?? DOCUMENT, pieces, places, text.length);
}

export function highlightTemplates(inner: Parser): LanguageSupport {
  const facet = defineLanguageFacet();
  const parser = new TemplateParser();
  const mixed = parseMixed((node) => (node.type === CODE ? { parser: inner } : null));
  const wrapped = new (class extends Parser {
    createParse(...[input, fragments, ranges]: Parameters<Parser["createParse"]>): PartialParse {
      return mixed(parser.createParse(input), input, fragments, ranges);
    }
  })();
  return new LanguageSupport(new Language(facet, wrapped, [], "template"));
}
