"""Texts, lists and objects that expressions build, written out or by going through others."""

import ast
from typing import TYPE_CHECKING, Any

from runner.workflow.evaluation import SLOT_BYTES, Evaluation, ExpressionError, kind_of, to_text
from runner.workflow.expression_formats import format_number
from runner.workflow.expression_names import Code
from runner.workflow.expression_walks import Walk, call_innermost, loop_over, target_names, with_own_names

if TYPE_CHECKING:
    from runner.workflow.expression_compiler import Compiler


def compile_joined(compiler: "Compiler", node: ast.JoinedStr) -> Code:
    """A text with values in it."""
    parts = [compiler.compile(part) for part in node.values]

    def join(evaluation: Evaluation) -> str:
        texts = [to_text(code(evaluation)) for code in parts]
        evaluation.build(sum(map(len, texts)))
        return "".join(texts)

    return join


def compile_formatted(compiler: "Compiler", node: ast.FormattedValue) -> Code:
    """One value in a text, with a format that is written out."""
    value = compiler.compile(node.value)
    if node.format_spec is None and node.conversion == -1:
        return value
    specification = ast.literal_eval(node.format_spec.values[0]) if _is_literal_format(node.format_spec) else None  # type: ignore[union-attr] # checked by _is_literal_format
    if specification is None or node.conversion != -1:
        raise ExpressionError("A format must be written out, as in {x:.2f}.")
    return lambda evaluation: format_number(value(evaluation), specification)


def compile_list(compiler: "Compiler", node: ast.List | ast.Tuple) -> Code:
    """A list, with `*` spreading another."""
    codes = [
        (compiler.compile(element.value), True)
        if isinstance(element, ast.Starred)
        else (compiler.compile(element), False)
        for element in node.elts
    ]

    def build(evaluation: Evaluation) -> list[Any]:
        result: list[Any] = []
        for code, spread in codes:
            value = code(evaluation)
            if not spread:
                evaluation.build(SLOT_BYTES)
                result.append(value)
            elif isinstance(value, list):
                evaluation.build(len(value) * SLOT_BYTES)
                result.extend(value)
            else:
                raise ExpressionError(f"`*` spreads a list, not {kind_of(value)}.")
        return result

    return build


def compile_object(compiler: "Compiler", node: ast.Dict) -> Code:
    """An object, with `**` spreading another."""
    codes = [
        (None if key is None else compiler.compile(key), compiler.compile(value))
        for key, value in zip(node.keys, node.values, strict=True)
    ]

    def build(evaluation: Evaluation) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_code, value_code in codes:
            if key_code is not None:
                evaluation.build(SLOT_BYTES)
                result[_object_key(key_code(evaluation))] = value_code(evaluation)
                continue
            value = value_code(evaluation)
            if not isinstance(value, dict):
                raise ExpressionError(f"`**` spreads an object, not {kind_of(value)}.")
            evaluation.build(len(value) * SLOT_BYTES)
            result.update(value)
        return result

    return build


def compile_list_comprehension(compiler: "Compiler", node: ast.ListComp | ast.GeneratorExp) -> Code:
    """A list made by going through others."""
    outer = compiler.local
    walk = _generators(compiler, node.generators)
    element = compiler.compile_guarded(node.elt)
    compiler.local = outer

    def build(evaluation: Evaluation) -> list[Any]:
        result: list[Any] = []

        def add() -> None:
            evaluation.build(SLOT_BYTES)
            result.append(element(evaluation))

        with_own_names(evaluation, walk, add)
        return result

    return build


def compile_object_comprehension(compiler: "Compiler", node: ast.DictComp) -> Code:
    """An object made by going through lists."""
    outer = compiler.local
    walk = _generators(compiler, node.generators)
    key, value = compiler.compile_guarded(node.key), compiler.compile_guarded(node.value)
    compiler.local = outer

    def build(evaluation: Evaluation) -> dict[str, Any]:
        result: dict[str, Any] = {}

        def add() -> None:
            evaluation.build(SLOT_BYTES)
            result[_object_key(key(evaluation))] = value(evaluation)

        with_own_names(evaluation, walk, add)
        return result

    return build


def _generators(compiler: "Compiler", generators: list[ast.comprehension]) -> Walk:
    walk: Walk = call_innermost
    compiled = []
    for generator in generators:
        if generator.is_async:
            raise ExpressionError("An expression cannot contain async.")
        values = compiler.compile(generator.iter)
        names = target_names(generator.target)
        compiler.local |= frozenset(names)
        compiled.append((values, names, [compiler.compile_guarded(test) for test in generator.ifs]))
    for values, names, tests in reversed(compiled):
        walk = loop_over(values, names, tests, walk)
    return walk


def _object_key(key: Any) -> str:
    if not isinstance(key, str):
        raise ExpressionError(f"The keys of an object are texts, not {kind_of(key)}; use str().")
    return key


def _is_literal_format(node: ast.expr | None) -> bool:
    return isinstance(node, ast.JoinedStr) and len(node.values) == 1 and isinstance(node.values[0], ast.Constant)
