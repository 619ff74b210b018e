"""Expressions: parsed once, evaluated often, never able to do more than compute.

Owns the entry points. What the language has is in `expression_compiler`, its limits in `evaluation`.
"""

import ast
import keyword
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from runner.workflow.evaluation import Environment, Evaluation, ExpressionError, check_weight
from runner.workflow.expression_compiler import Compiler, Reference
from runner.workflow.expression_names import Code
from runner.workflow.expression_reading import KEYWORD_MARK

MAX_SOURCE = 10_000
_SOURCE_SHOWN = 200

_OPENING = {"(": ")", "[": "]", "{": "}"}
_DELIMITER = re.compile(r"""[][(){}'"]""")
_TEXT = re.compile(r"""'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*\"""", re.DOTALL)
# What Python warns of while it reads: escapes that it does not know, and numbers that run into words.
_WARNS = re.compile(r"\\|\d[^\W\d]")
# Keys of data may be words that Python keeps for itself (`order.from`); texts are matched first, so they stay whole.
_KEYWORD_KEY = re.compile(rf"{_TEXT.pattern}|(?<=[\w)\]}}])\.(?P<word>{'|'.join(keyword.kwlist)})\b", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression and everything it refers to."""

    source: str
    references: tuple[Reference, ...]
    _code: Code

    def evaluate(self, environment: Environment) -> Any:
        """The value: plain JSON data, parts of which may be shared with the environment.

        Raises ExpressionError, and its kind MissingError where something that is not there was read.
        """
        evaluation = Evaluation(environment)
        try:
            value = self._code(evaluation)
            if evaluation.has_built:
                check_weight(value)
            return value
        except ExpressionError as error:
            raise type(error)(f"{error} In {{{{ {_shown(self.source)} }}}}") from None
        except ZeroDivisionError:
            raise ExpressionError(f"Division by zero in {{{{ {_shown(self.source)} }}}}") from None
        except (TypeError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
            raise ExpressionError(f"{error} in {{{{ {_shown(self.source)} }}}}") from None


@lru_cache(maxsize=8192)
def compile_expression(source: str) -> Expression:
    """Compile the text of an expression, without braces around it.

    Raises ExpressionError when it is no expression or uses what expressions do not have.
    """
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"The expression has {len(source)} characters; {MAX_SOURCE} are allowed.")
    if not source.strip():
        raise ExpressionError("The expression is empty.")
    if expression_end(source, 0, "") != len(source):
        raise ExpressionError(f"The brackets do not match in {_shown(source)!r}.")
    tree = _parse(source)
    compiler = Compiler()
    try:
        code = compiler.compile(tree)
    except ExpressionError as error:
        raise ExpressionError(f"{error} In {{{{ {_shown(source)} }}}}") from None
    return Expression(source.strip(), tuple(compiler.references), code)


def expression_end(text: str, start: int, closing: str) -> int:
    """Where the expression that begins at `start` ends: at `closing` outside texts and brackets, else at the end.

    Answers -1 when a bracket or text is left open, or closed without having been opened.
    """
    expected: list[str] = []
    position = start
    while found := _DELIMITER.search(text, position):
        position = found.start()
        character = text[position]
        if not expected and closing and text.startswith(closing, position):
            return position
        if character in "'\"":
            literal = _TEXT.match(text, position)
            if literal is None:
                return -1
            position = literal.end()
            continue
        if character in _OPENING:
            expected.append(_OPENING[character])
        elif not expected or expected.pop() != character:
            return -1
        position += 1
    return -1 if expected or closing else len(text)


def _parse(source: str) -> ast.expr:
    # Brackets around it let an expression go over several lines; they match, so nothing can escape from them.
    text = f"(\n{_KEYWORD_KEY.sub(_marked, source)}\n)"
    try:
        if not _WARNS.search(text):
            return ast.parse(text, mode="eval").body
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"{_shown(source)!r} is no expression: {error.msg}.") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"{_shown(source)!r} is no expression: {error}.") from None


def _marked(found: re.Match[str]) -> str:
    word = found["word"]
    return f".{KEYWORD_MARK}{word}" if word else found.group()


def _shown(source: str) -> str:
    stripped = source.strip()
    return stripped if len(stripped) <= _SOURCE_SHOWN else stripped[:_SOURCE_SHOWN] + "…"
