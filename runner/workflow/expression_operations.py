"""Operators in expressions: arithmetic, comparisons, and, or, not, if."""

import ast
from typing import TYPE_CHECKING, Any

from runner.workflow.evaluation import Evaluation, ExpressionError
from runner.workflow.expression_names import WORDS, Code
from runner.workflow.expression_operators import BINARY, COMPARISONS, UNARY
from runner.workflow.expression_refusals import words_for

if TYPE_CHECKING:
    from runner.workflow.expression_compiler import Compiler


def compile_binary(compiler: "Compiler", node: ast.BinOp) -> Code:
    """Two values and an operator of the table."""
    operator = BINARY.get(type(node.op))
    if operator is None:
        raise ExpressionError(f"An expression cannot contain {words_for(node.op)}.")
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    return lambda evaluation: operator(evaluation, left(evaluation), right(evaluation))


def compile_unary(compiler: "Compiler", node: ast.UnaryOp) -> Code:
    """A sign or `not`."""
    operator = UNARY.get(type(node.op))
    if operator is None:
        raise ExpressionError(f"An expression cannot contain {words_for(node.op)}.")
    operand = compiler.compile(node.operand)
    return lambda evaluation: operator(operand(evaluation))


def compile_boolean(compiler: "Compiler", node: ast.BoolOp) -> Code:
    """`and` and `or`: what follows may not be read."""
    first = compiler.compile(node.values[0])
    rest = [compiler.compile_guarded(value) for value in node.values[1:]]
    stop_at = isinstance(node.op, ast.Or)

    def decide(evaluation: Evaluation) -> Any:
        value = first(evaluation)
        for code in rest:
            if bool(value) is stop_at:
                return value
            value = code(evaluation)
        return value

    return decide


def compile_choice(compiler: "Compiler", node: ast.IfExp) -> Code:
    """`a if test else b`: one of the two is read."""
    test = compiler.compile(node.test)
    body, other = compiler.compile_guarded(node.body), compiler.compile_guarded(node.orelse)
    return lambda evaluation: body(evaluation) if test(evaluation) else other(evaluation)


def compile_compare(compiler: "Compiler", node: ast.Compare) -> Code:
    """One comparison, or a chain of them."""
    for operator, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(operator, ast.Is | ast.IsNot) and not _is_word(right):
            raise ExpressionError("`is` compares with None, True or False only; use == for values.")
    first = compiler.compile(node.left)
    steps = [
        (COMPARISONS[type(operator)], compiler.compile(right))
        for operator, right in zip(node.ops, node.comparators, strict=True)
    ]
    if len(steps) == 1:
        [(compare, other)] = steps
        return lambda evaluation: compare(evaluation, first(evaluation), other(evaluation))

    def chain(evaluation: Evaluation) -> bool:
        left = first(evaluation)
        for compare, code in steps:
            right = code(evaluation)
            if not compare(evaluation, left, right):
                return False
            left = right
        return True

    return chain


def _is_word(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))) or (
        isinstance(node, ast.Name) and node.id in WORDS
    )
