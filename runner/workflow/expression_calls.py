"""Calls in expressions: functions and methods of the tables, and `default`, whose second argument may not be read."""

import ast
from typing import TYPE_CHECKING, Any

from runner.workflow.evaluation import Evaluation, ExpressionError, MissingError
from runner.workflow.expression_functions import FUNCTIONS
from runner.workflow.expression_methods import METHOD_NAMES, call_method
from runner.workflow.expression_names import Code

if TYPE_CHECKING:
    from runner.workflow.expression_compiler import Compiler


def compile_call(compiler: "Compiler", node: ast.Call) -> Code:
    """A function of the table, `default`, or a method."""
    if any(isinstance(argument, ast.Starred) for argument in node.args) or any(k.arg is None for k in node.keywords):
        raise ExpressionError("An expression cannot contain * or ** in a call.")
    if isinstance(node.func, ast.Attribute):
        return _method(compiler, node, node.func)
    if not isinstance(node.func, ast.Name):
        raise ExpressionError("Only functions and methods can be called.")
    name = node.func.id
    if name == "default":
        return _default(compiler, node)
    function = FUNCTIONS.get(name)
    if function is None or name in compiler.local:
        raise ExpressionError(f"There is no function {name!r}; there are: default, {', '.join(FUNCTIONS)}.")
    arguments = [compiler.compile(argument) for argument in node.args]
    keywords = [(str(keyword.arg), compiler.compile(keyword.value)) for keyword in node.keywords]

    def call(evaluation: Evaluation) -> Any:
        evaluation.work()
        return function(
            evaluation,
            *[code(evaluation) for code in arguments],
            **{key: code(evaluation) for key, code in keywords},
        )

    return call


def _method(compiler: "Compiler", node: ast.Call, method: ast.Attribute) -> Code:
    name = method.attr
    if name not in METHOD_NAMES:
        raise ExpressionError(f"There is no method {name!r}.")
    if node.keywords:
        raise ExpressionError(f"The method {name!r} takes no named arguments.")
    value = compiler.compile(method.value)
    arguments = [compiler.compile(argument) for argument in node.args]
    return lambda evaluation: call_method(evaluation, value(evaluation), name, [code(evaluation) for code in arguments])


def _default(compiler: "Compiler", node: ast.Call) -> Code:
    if len(node.args) != 2 or node.keywords:
        raise ExpressionError("default() takes two arguments: the value and what stands for it when it is missing.")
    value, otherwise = compiler.compile_guarded(node.args[0]), compiler.compile_guarded(node.args[1])

    def read(evaluation: Evaluation) -> Any:
        try:
            return value(evaluation)
        except MissingError:
            return otherwise(evaluation)

    return read
