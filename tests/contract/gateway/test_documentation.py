"""The documentation for people: its links lead somewhere, its commands are commands, and nothing in it is obeyed."""

import json
import re
import shlex
from typing import Any

import pytest

from services.gateway.openapi import build_document
from services.gateway.pages.docs import render_docs, render_guide
from services.gateway.pages.guides import GUIDES, render_guides
from services.gateway.pages.markdown import blocks_of, render_markdown, render_sections
from services.gateway.pages.operations import curl
from services.gateway.pages.schema_words import type_words
from services.gateway.routes.table import route_table

DOCUMENT = build_document(route_table())
PAGE = render_docs(DOCUMENT, "nonce")
OPERATIONS = [
    (path, method, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


def test_every_place_that_is_pointed_to_is_there() -> None:
    places = set(re.findall(r' id="([^"]+)"', PAGE))
    assert set(re.findall(r'href="#([^"]+)"', PAGE)) <= places
    assert len(re.findall(r' id="([^"]+)"', PAGE)) == len(places)


def test_every_guide_is_linked_and_has_what_a_card_shows() -> None:
    for name, guide in render_guides().items():
        assert f'href="/api/docs/guides/{name}"' in PAGE
        assert guide.title
        assert len(guide.summary) > 40
        assert guide.title in render_guide(guide, "nonce")
    assert set(render_guides()) == set(GUIDES)


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_line_to_copy_is_a_command_that_makes_the_call(path: str, method: str, operation: dict[str, Any]) -> None:
    words = shlex.split(curl(path, method, operation))
    assert words[0] == "curl"
    (address,) = [word for word in words if word.startswith("$EXEKRA_URL")]
    assert re.fullmatch(re.sub(r"{\w+}", "[^/]+", f"[$]EXEKRA_URL{path}") + r"([?].*)?", address)
    assert (words[words.index("-X") + 1] if "-X" in words else "GET") == method.upper()
    if "-d" in words:
        content = operation["requestBody"]["content"]["application/json"]
        assert json.loads(words[words.index("-d") + 1]) in [each["value"] for each in content["examples"].values()]


def test_no_script_but_ours_and_no_style_in_the_page() -> None:
    for page in (PAGE, *(render_guide(guide, "nonce") for guide in render_guides().values())):
        assert re.findall(r"<script[^>]*>", page) == ['<script nonce="nonce" src="/assets/docs.js">']
        assert not re.search(r'\s(style|on\w+)="', page)
        assert not re.search(r'(src|href)="(https?:)?//(?!www\.standardwebhooks\.com)', page)


def test_markdown_is_shown_and_html_in_it_is_not_obeyed() -> None:
    title, summary, html = render_markdown(
        "# A *b*\n\nOne\ntwo `c`.\n\n<script>x</script>\n\n```sh file=a<b\n<x>\n```\n"
    )
    assert (title, summary) == ("A *b*", "One two c.")
    assert "<script>" not in html
    assert "<figcaption>a&lt;b</figcaption>" in html
    assert "&lt;x&gt;" in html
    sections = render_sections("# T\n\n## First one\n\ntext\n\n## Second\n\n```output\nprinted\n```\n")
    assert [(section.id, section.title) for section in sections] == [("first-one", "First one"), ("second", "Second")]
    assert 'class="printed"' in sections[1].html


def test_blocks_tell_language_and_file() -> None:
    (block,) = blocks_of("```python file=receiver.py\nx = 1\n```\n")
    assert (block.language, block.file, block.text) == ("python", "receiver.py", "x = 1\n")


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, "integer <small>from 1</small> or null"),
        ({"enum": ["a", "<b>"]}, "<code>&quot;a&quot;</code> · <code>&quot;&lt;b&gt;&quot;</code>"),
        ({"const": "x"}, "<code>&quot;x&quot;</code>"),
        (
            {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            "list of string <small>items at most 3</small>",
        ),
        ({"$ref": "#/components/schemas/A"}, '<a href="#shape-A">A</a>'),
        ({}, "anything"),
    ],
)
def test_a_schema_is_one_line_of_words(schema: dict[str, Any], words: str) -> None:
    assert type_words(schema) == words
