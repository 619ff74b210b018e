"""The guides: Markdown beside this file, in the order in which they are read, and as HTML for the documentation.

What their code blocks say is run against a Hub by a test; its docstring tells how blocks are written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

from markdown_it import MarkdownIt
from markdown_it.token import Token

GUIDES: tuple[str, ...] = ("keep-workflows-in-git",)
"""Names of the files, without `.md`."""
HIDDEN = "output"


@dataclass(frozen=True, slots=True)
class Block:
    """One code block. `file` is the name it is to be saved under, empty for most."""

    language: str
    text: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide as HTML, without its title; `summary` is its first paragraph as plain text."""

    name: str
    title: str
    summary: str
    html: str


def read_guide(name: str) -> str:
    """The Markdown of a guide. Raises FileNotFoundError."""
    return (files(__package__) / f"{name}.md").read_text(encoding="utf-8")


def blocks_of(markdown: str) -> list[Block]:
    """The code blocks in their order."""
    return [_block(token) for token in _parser().parse(markdown) if token.type == "fence"]


@cache
def render_guides() -> Mapping[str, Guide]:
    """Every guide by name."""
    return {name: _render(name, read_guide(name)) for name in GUIDES}


def _parser() -> MarkdownIt:
    """Raw HTML in a guide is shown, not obeyed."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _render(name: str, markdown: str) -> Guide:
    parser = _parser()
    tokens = parser.parse(markdown)
    title = next(token for token in tokens if token.type == "inline")
    rest = tokens[3:]
    summary = next(token for token in rest if token.type == "inline")
    html = "".join(
        _code(_block(token)) if token.type == "fence" else parser.renderer.render([token], parser.options, {})
        for token in rest
    )
    return Guide(name, title.content, _plain(summary), html)


def _block(token: Token) -> Block:
    language, _, rest = token.info.strip().partition(" ")
    return Block(language, token.content, rest.partition("file=")[2].strip())


def _code(block: Block) -> str:
    """Code can be copied; what is printed cannot be run, so it has no button."""
    if block.language == HIDDEN:
        return f'<pre class="printed" aria-label="What it prints">{escape(block.text)}</pre>'
    caption = f"<figcaption>{escape(block.file)}</figcaption>" if block.file else ""
    return f'<figure class="code">{caption}<pre><code>{escape(block.text)}</code></pre></figure>'


def _plain(token: Token) -> str:
    return "".join(child.content if child.type != "softbreak" else " " for child in token.children or ())
