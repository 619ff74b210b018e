"""A selector as it stands in a node's config: candidates, tried from the first on, and what the element stands beside.

Instead of an object a selector may be a text: CSS, an XPath that begins with `//`, or `<strategy>=<value>`. Pure.
"""

from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from runner.nodes.base import NodeConfig

Strategy = Literal["id", "data", "name", "placeholder", "text", "label", "role", "class", "path", "css", "xpath"]
"""How a candidate names an element; the order is the one in which a recorder offers them."""

STRATEGIES: Final[tuple[Strategy, ...]] = get_args(Strategy)
WEAK: Final[frozenset[Strategy]] = frozenset({"class", "path"})
"""Strategies by looks and place: on a page that is still changing they soon match something else."""

Relation = Literal["nextSibling", "previousSibling", "firstChild", "lastChild", "descendant"]

MAX_CANDIDATES: Final = 20
_TEXT_LIMIT: Final = 2_000


class Candidate(NodeConfig):
    """One way to name the element.

    Values: `id` the id; `data` attribute=value (`data-testid=save`) or the attribute alone; `name` the name;
    `placeholder` the text, before it the type if that matters (`email|Your mail`); `text` the whole visible text;
    `label` the ARIA label or the text of its label; `role` the role and, after a colon, its name (`button: Save`);
    `class` and `path` CSS as recorded; `css` and `xpath` what a person wrote.
    """

    strategy: Strategy = Field(default="css", title="By", description="What the element is known by.")
    value: str = Field(
        min_length=1,
        max_length=_TEXT_LIMIT,
        title="Value",
        description="For instance save, data-testid=save, email|Your mail, Send, button: Send, or CSS.",
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        attribute = self.value.partition("=")[0]
        if self.strategy == "data" and not attribute.startswith("data-"):
            raise ValueError("write attribute=value, for instance data-testid=save")
        return self

    def __str__(self) -> str:
        return f"{self.strategy}={self.value}"


Candidates = Annotated[
    list[Candidate],
    Field(
        max_length=MAX_CANDIDATES,
        title="Candidates",
        description="Tried from the first on; the first that matches exactly one element is used.",
    ),
]


class Anchor(NodeConfig):
    """An element nearby that can be told apart, and where the meant one stands from there."""

    relation: Relation = Field(
        default="nextSibling",
        title="Stands as its",
        description="Where the element is, seen from the anchor: the nearest sibling, the first or last child that "
        "fits the candidates, or anything inside.",
    )
    candidates: Candidates = Field(min_length=1)


class Selector(NodeConfig):
    """Candidates for one element. With an anchor they may be left out: then whatever stands there is meant."""

    candidates: Candidates = Field(default_factory=list)
    anchor: Anchor | None = Field(
        default=None, title="Anchor", description="An element nearby, when several are alike (the label of a field)."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.candidates and self.anchor is None:
            raise ValueError("a selector needs a candidate or an anchor")
        return self

    def __str__(self) -> str:
        own = " or ".join(map(str, self.candidates)) or "whatever stands there"
        if self.anchor is None:
            return own
        return f"{own} as {self.anchor.relation} of {' or '.join(map(str, self.anchor.candidates))}"


def parse_selector(value: str | Selector) -> Selector:
    """The selector a config means; a text becomes a single candidate. Raises ValueError for an unfit one."""
    if isinstance(value, Selector):
        return value
    text = value.strip()
    if text.startswith(("//", "(//")):
        return Selector(candidates=[Candidate(strategy="xpath", value=text)])
    head, separator, rest = text.partition("=")
    strategy = next((known for known in STRATEGIES if known == head), None)
    if separator and strategy is not None:
        return Selector(candidates=[Candidate(strategy=strategy, value=rest.strip())])
    return Selector(candidates=[Candidate(strategy="css", value=text)])


def _readable(text: str) -> str:
    parse_selector(text)
    return text


SelectorField = Annotated[
    Annotated[str, Field(min_length=1, max_length=_TEXT_LIMIT), AfterValidator(_readable)] | Selector,
    Field(
        title="Element",
        description="CSS, text=…, label=… or another kind, or a list of candidates that are tried in turn.",
        json_schema_extra={"x-widget": "selector"},
    ),
]
"""Type of a config field that names an element."""
