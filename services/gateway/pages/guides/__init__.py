"""The guides: Markdown beside this file, in the order in which they are read.

What their code blocks say is run against a Hub by a test, whose docstring tells how blocks are written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from services.gateway.pages.markdown import render_markdown

GUIDES: tuple[str, ...] = ("start-from-another-system", "receive-events", "work-off-a-queue", "keep-workflows-in-git")
"""Names of the files, without `.md`."""


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


@cache
def render_guides() -> Mapping[str, Guide]:
    """Every guide by name."""
    return {name: Guide(name, *render_markdown(read_guide(name))) for name in GUIDES}
