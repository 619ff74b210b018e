"""Templates: config values with `{{ … }}` in their texts, compiled once and filled in at each run.

A text that is one expression keeps the type of its value; in any other text the values are written into it. Keys of
objects are never templates. What comes out is data and is not looked at again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from runner.workflow.documents import Json, json_pointer
from runner.workflow.evaluation import MAX_BUILT_BYTES, Environment, ExpressionError, to_text
from runner.workflow.expression_compiler import Reference
from runner.workflow.expressions import Expression, compile_expression, expression_end

OPEN = "{{"
CLOSE = "}}"

Fill = Callable[[Environment], Any]


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """What is wrong with one text of a template; `pointer` is relative to the template."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled value. `expressions` are all in it, each with the pointer of the text it stands in."""

    source: Json
    expressions: tuple[tuple[str, Expression], ...]
    problems: tuple[TemplateProblem, ...]
    _fill: Fill | None
    """None when there is nothing to fill in."""

    @property
    def is_constant(self) -> bool:
        """Whether the value is the same in every environment."""
        return self._fill is None

    def resolve(self, environment: Environment) -> Any:
        """The value with every expression filled in. Raises ExpressionError."""
        return self.source if self._fill is None else self._fill(environment)

    def references(self) -> Iterable[tuple[str, Reference]]:
        """Every name read, with the pointer of the text it stands in."""
        for pointer, expression in self.expressions:
            for reference in expression.references:
                yield pointer, reference


def compile_template(value: Json) -> Template:
    """Compile a value with everything in it. Texts that are no templates become `problems`, never an exception."""
    compiler = _Compiler()
    fill = compiler.value(value, ())
    return Template(value, tuple(compiler.expressions), tuple(compiler.problems), fill)


def compile_when_used(value: Json) -> Template:
    """The template of a value whose expressions were found right before: each is compiled when it is first filled in.

    `expressions` and `problems` stay empty; what is wrong all the same is an ExpressionError of `resolve`.
    """
    return Template(value, (), (), _Late(compile_template, value).fill if _has_template(value) else None)


def compile_condition_when_used(value: Json) -> Template:
    """The same for the value of an expression field."""
    return Template(value, (), (), _Late(compile_condition, value).fill if isinstance(value, str) else None)


def compile_condition(value: Json) -> Template:
    """Compile the value of an expression field: `{{ … }}`, a bare expression, or a constant that is no text."""
    if not isinstance(value, str):
        return Template(value, (), (), None)
    try:
        expression = compile_expression(_without_braces(value.strip()))
    except ExpressionError as error:
        return Template(value, (), (TemplateProblem("", str(error)),), None)
    return Template(value, (("", expression),), (), expression.evaluate)


def _without_braces(text: str) -> str:
    if not text.startswith(OPEN):
        return text
    if expression_end(text, len(OPEN), CLOSE) != len(text) - len(CLOSE):
        raise ExpressionError("Write one expression here, with nothing before or after it.")
    return text[len(OPEN) : -len(CLOSE)]


def is_template(value: object) -> bool:
    """Whether a value is a text with an expression in it."""
    return isinstance(value, str) and OPEN in value


def _has_template(value: Json) -> bool:
    if isinstance(value, str):
        return OPEN in value
    if isinstance(value, list):
        return any(map(_has_template, value))
    return isinstance(value, dict) and any(map(_has_template, value.values()))


class _Late:
    """Fills in a value that is compiled by then."""

    __slots__ = ("_compile", "_template", "_value")

    def __init__(self, compile_value: Callable[[Json], Template], value: Json) -> None:
        self._compile = compile_value
        self._value = value
        self._template: Template | None = None

    def fill(self, environment: Environment) -> Any:
        template = self._template
        if template is None:
            template = self._compile(self._value)
            if template.problems:
                raise ExpressionError(template.problems[0].message)
            self._template = template
        return template.resolve(environment)


class _Compiler:
    """Walks one value; collects expressions and problems on the way."""

    def __init__(self) -> None:
        self.expressions: list[tuple[str, Expression]] = []
        self.problems: list[TemplateProblem] = []

    def value(self, value: Json, path: tuple[str | int, ...]) -> Fill | None:
        """How to fill in a value; None when it stays as it is."""
        if isinstance(value, str):
            return self._text(value, path) if OPEN in value else None
        if isinstance(value, list):
            elements = [(element, self.value(element, (*path, index))) for index, element in enumerate(value)]
            return _fill_list(elements) if any(fill for _, fill in elements) else None
        if isinstance(value, dict):
            entries = [(key, entry, self.value(entry, (*path, key))) for key, entry in value.items()]
            return _fill_object(entries) if any(fill for _, _, fill in entries) else None
        return None

    def _text(self, text: str, path: tuple[str | int, ...]) -> Fill | None:
        pointer = json_pointer(*path)
        try:
            parts = split_text(text)
        except ExpressionError as error:
            self.problems.append(TemplateProblem(pointer, str(error)))
            return None
        self.expressions.extend((pointer, part) for part in parts if isinstance(part, Expression))
        if len(parts) == 1 and isinstance(parts[0], Expression):
            return parts[0].evaluate
        return _fill_text(parts)


def split_text(text: str) -> list[str | Expression]:
    """The plain parts and the expressions of a text in their order. Raises ExpressionError."""
    parts: list[str | Expression] = []
    position = 0
    while (start := text.find(OPEN, position)) >= 0:
        end = expression_end(text, start + len(OPEN), CLOSE)
        if end < 0:
            raise ExpressionError(f"`{{{{` at character {start + 1} has no `}}}}` that closes it.")
        if start > position:
            parts.append(text[position:start])
        parts.append(compile_expression(text[start + len(OPEN) : end]))
        position = end + len(CLOSE)
    if position < len(text):
        parts.append(text[position:])
    return parts


def _fill_text(parts: list[str | Expression]) -> Fill:
    def fill(environment: Environment) -> str:
        text = "".join(part if isinstance(part, str) else to_text(part.evaluate(environment)) for part in parts)
        if len(text) > MAX_BUILT_BYTES:
            raise ExpressionError(f"The text grows beyond {MAX_BUILT_BYTES} characters.")
        return text

    return fill


def _fill_list(elements: list[tuple[Json, Fill | None]]) -> Fill:
    return lambda environment: [fill(environment) if fill else element for element, fill in elements]


def _fill_object(entries: list[tuple[str, Json, Fill | None]]) -> Fill:
    return lambda environment: {key: fill(environment) if fill else entry for key, entry, fill in entries}
