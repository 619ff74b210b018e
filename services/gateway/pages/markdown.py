"""Our own Markdown as HTML: code that can be copied, nothing obeyed that is not Markdown."""

import re
from dataclasses import dataclass
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

PRINTED = "output"
"""The language of what a block before it prints."""


@dataclass(frozen=True, slots=True)
class Block:
    """One code block. `file` is the name it is to be saved under, empty for most."""

    language: str
    text: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading; `id` is made of its words."""

    id: str
    title: str
    html: str


def blocks_of(markdown: str) -> list[Block]:
    """The code blocks in their order."""
    return [_block(token) for token in _parser().parse(markdown) if token.type == "fence"]


def render_markdown(markdown: str) -> tuple[str, str, str]:
    """The title, the first paragraph as plain text, and everything behind the title as HTML."""
    tokens = _parser().parse(markdown)
    title, rest = tokens[1].content, tokens[3:]
    summary = next(token for token in rest if token.type == "inline")
    return title, _plain(summary), _html(rest)


def render_sections(markdown: str) -> list[Section]:
    """Every second heading with what stands under it."""
    sections = []
    for part in re.split(r"^## ", markdown, flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        sections.append(Section(_id(title), title.strip(), _html(_parser().parse(text))))
    return sections


def code_html(text: str, caption: str = "") -> str:
    """Text in a frame; the page's script puts a button on it that copies."""
    title = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure class="code">{title}<pre><code>{escape(text)}</code></pre></figure>'


def _parser() -> MarkdownIt:
    """Raw HTML is shown, not obeyed."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _html(tokens: list[Token]) -> str:
    parser = _parser()
    return "".join(
        _code(_block(token)) if token.type == "fence" else parser.renderer.render([token], parser.options, {})
        for token in tokens
    )


def _block(token: Token) -> Block:
    language, _, rest = token.info.strip().partition(" ")
    return Block(language, token.content, rest.partition("file=")[2].strip())


def _code(block: Block) -> str:
    if block.language == PRINTED:
        return f'<pre class="printed" aria-label="What it prints">{escape(block.text)}</pre>'
    return code_html(block.text.rstrip("\n"), block.file)


def _plain(token: Token) -> str:
    return "".join(child.content if child.type != "softbreak" else " " for child in token.children or ())


def _id(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
