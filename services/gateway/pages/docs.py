"""The API's documentation for people, made from the OpenAPI document and Markdown. No CDN, readable without scripts."""

from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from services.gateway import VERSION
from services.gateway.pages.guides import Guide, render_guides
from services.gateway.pages.layout import MARK, frame
from services.gateway.pages.markdown import Section, render_sections
from services.gateway.pages.operations import operation_html
from services.gateway.pages.schema_words import shape_table

DOCS = "/api/docs"
GUIDES = f"{DOCS}/guides"
_METHODS = ("get", "post", "put", "patch", "delete")
_NAMES = {"api-keys": "API keys"}
_SEARCH = (
    '<input id="filter" type="search" placeholder="Search (press /)" aria-label="Search operations and shapes" '
    'autocomplete="off">'
)


def render_docs(document: dict[str, Any], nonce: str) -> str:
    """The whole page; `nonce` admits the one script, which searches and copies."""
    groups = _operations(document)
    operations = "".join(
        f'<section class="searched" id="{escape(name)}"><h2>{escape(_title(name))}</h2>{"".join(items)}</section>'
        for name, items in groups.items()
    )
    topics = _topics()
    reading = "".join(
        f'<section id="{topic.id}"><h2>{escape(topic.title)}</h2>{topic.html}</section>' for topic in topics
    )
    guides = f'<section id="guides"><h2>Guides</h2><div class="grid">{_cards(render_guides().values())}</div></section>'
    main = (
        f'<h1>API</h1><p class="lead">What the browser does, programs can do. Version {escape(VERSION)}, as '
        '<a href="/api/openapi.json">openapi.json</a>.</p><p id="found" role="status" hidden></p>'
        f'<div id="reading">{guides}{reading}</div>{operations}{_shapes(document)}'
    )
    nav = _nav(
        _SEARCH,
        ("Read", ((f"#{topic.id}", topic.title) for topic in topics)),
        ("Guides", _guide_links()),
        ("Reference", (*((f"#{name}", _title(name)) for name in groups), ("#shapes", "Shapes"))),
    )
    return _page("API", nav, main, nonce)


def render_guide(guide: Guide, nonce: str) -> str:
    """One guide with the way back."""
    nav = _nav("", ("Guides", _guide_links()), ("Reference", ((DOCS, "API"), ("/api/openapi.json", "openapi.json"))))
    main = f'<article class="guide"><h1>{escape(guide.title)}</h1>{guide.html}</article>'
    return _page(guide.title, nav, main, nonce)


@cache
def _topics() -> tuple[Section, ...]:
    return tuple(render_sections((files(__package__) / "reference.md").read_text(encoding="utf-8")))


def _operations(document: dict[str, Any]) -> dict[str, list[str]]:
    """By resource, in the order of the document."""
    groups: dict[str, list[str]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                groups[operation["tags"][0]].append(operation_html(path, method, operation))
    return groups


def _shapes(document: dict[str, Any]) -> str:
    shapes = "".join(
        f'<details class="operation" id="shape-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"<div>{shape_table(schema)}</div></details>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    return f'<section class="searched" id="shapes"><h2>Shapes</h2>{shapes}</section>'


def _title(name: str) -> str:
    return _NAMES.get(name, name.replace("-", " ").capitalize())


def _guide_links() -> list[tuple[str, str]]:
    return [(f"{GUIDES}/{guide.name}", guide.title) for guide in render_guides().values()]


def _cards(guides: Iterable[Guide]) -> str:
    return "".join(
        f'<a class="card door" href="{GUIDES}/{guide.name}"><h3>{escape(guide.title)}</h3>'
        f"<p>{escape(guide.summary)}</p></a>"
        for guide in guides
    )


def _nav(search: str, *groups: tuple[str, Iterable[tuple[str, str]]]) -> str:
    lists = "".join(
        f"<h3>{title}</h3>" + "".join(f'<a href="{escape(href)}">{escape(text)}</a>' for href, text in links)
        for title, links in groups
    )
    brand = f'<a class="brand" href="/">{MARK}<span>Exekra Hub</span></a>'
    return f'<nav aria-label="Documentation">{brand}{search}{lists}</nav>'


def _page(title: str, nav: str, main: str, nonce: str) -> str:
    script = f'<script nonce="{nonce}" src="/assets/docs.js"></script>'
    return frame(f"Exekra Hub · {title}", f'<div class="docs">{nav}<main>{main}</main></div>', scripts=script)
