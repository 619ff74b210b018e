"""Constants, names and keys in expressions: what is written out, and what is read of the data there is."""

import ast
from typing import TYPE_CHECKING, Any

from runner.workflow.evaluation import SLOT_BYTES, Evaluation, ExpressionError, kind_of
from runner.workflow.expression_functions import FUNCTIONS
from runner.workflow.expression_names import (
    NAMES,
    NAMESPACES,
    WORDS,
    Code,
    element_of,
    item_name,
    namespace_entry,
    namespace_of,
    root_name,
)
from runner.workflow.expression_operators import finite

if TYPE_CHECKING:
    from runner.workflow.expression_compiler import Compiler

MAX_TEXT = 100_000

KEYWORD_MARK = "__key_"
"""Stands before a key that Python keeps as a keyword, so that its parser takes it."""


def compile_constant(_compiler: "Compiler", node: ast.Constant) -> Code:
    """A constant of JSON."""
    value = node.value
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise ExpressionError(f"A text has more than {MAX_TEXT} characters.")
    elif value is not None and not isinstance(value, bool | int | float):
        raise ExpressionError(f"An expression cannot contain {type(value).__name__} constants.")
    finite(value)
    return lambda _: value


def compile_name(compiler: "Compiler", node: ast.Name) -> Code:
    """One of the known words, or a name of a comprehension."""
    name = node.id
    if name in compiler.local:
        return lambda evaluation: evaluation.local[name]
    if name in WORDS:
        word = WORDS[name]
        return lambda _: word
    if name in NAMESPACES:
        raise ExpressionError(f"`{name}` needs a name after it: {name}.<name>.")
    if name in FUNCTIONS or name == "default":
        raise ExpressionError(f"`{name}` is a function: {name}(…).")
    if name not in NAMES:
        raise ExpressionError(f"There is no name {name!r}; there are: {', '.join(NAMES)}.")
    compiler.refer(name, None)
    return item_name(name) if name in ("item", "index") else root_name(name)


def compile_attribute(compiler: "Compiler", node: ast.Attribute) -> Code:
    """A key of plain data, written with a dot."""
    return _key_of(compiler, node.value, node.attr.removeprefix(KEYWORD_MARK), node)


def compile_subscript(compiler: "Compiler", node: ast.Subscript) -> Code:
    """A key or an element in brackets, or a part of a text or list."""
    index = node.slice
    if isinstance(index, ast.Slice):
        return _slice(compiler, node.value, index)
    if isinstance(index, ast.Constant) and isinstance(index.value, str):
        return _key_of(compiler, node.value, index.value, node)
    if namespace_of(node.value, compiler.local):
        raise ExpressionError(f"`{ast.unparse(node.value)}` needs a name written out, not a computed one.")
    value_code, index_code = compiler.compile(node.value), compiler.compile(index)
    return lambda evaluation: element_of(value_code(evaluation), index_code(evaluation), node)


def _key_of(compiler: "Compiler", whole: ast.expr, key: str, node: ast.expr) -> Code:
    namespace = namespace_of(whole, compiler.local)
    if namespace:
        compiler.refer(namespace, key)
        return namespace_entry(namespace, key)
    if isinstance(whole, ast.Name) and whole.id in ("vars", "inputs") and whole.id not in compiler.local:
        compiler.refer(whole.id, key)
        value_code = root_name(whole.id)
    else:
        value_code = compiler.compile(whole)

    def read(evaluation: Evaluation) -> Any:
        value = value_code(evaluation)
        if type(value) is dict and key in value:
            return value[key]
        return element_of(value, key, node)

    return read


def _slice(compiler: "Compiler", whole: ast.expr, bounds: ast.Slice) -> Code:
    value_code = compiler.compile(whole)
    codes = [compiler.compile(bound) if bound else _nothing for bound in (bounds.lower, bounds.upper, bounds.step)]

    def read(evaluation: Evaluation) -> Any:
        value = value_code(evaluation)
        if not isinstance(value, list | str):
            raise ExpressionError(f"Only texts and lists can be cut, not {kind_of(value)}.")
        part = value[slice(*(code(evaluation) for code in codes))]
        evaluation.build(len(part) * (1 if isinstance(part, str) else SLOT_BYTES))
        return part

    return read


def _nothing(_: Evaluation) -> None:
    return None
