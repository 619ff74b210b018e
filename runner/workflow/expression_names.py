"""How expressions read names, keys and elements, and what they say when something is not there."""

import ast
from collections.abc import Callable
from typing import Any

from runner.workflow.evaluation import Evaluation, ExpressionError, MissingError, kind_of, shown_keys

Code = Callable[[Evaluation], Any]

WORDS = {"null": None, "true": True, "false": False}
"""Words of JSON beside those of Python."""
NAMESPACES = frozenset({"nodes", "loops", "globals", "credentials"})
NAMES = ("inputs", "vars", "nodes", "item", "index", "loops", "globals", "execution", "credentials")


def namespace_of(node: ast.expr, local: frozenset[str]) -> str | None:
    """The namespace a node of the syntax tree is the name of; None for anything else."""
    return node.id if isinstance(node, ast.Name) and node.id in NAMESPACES and node.id not in local else None


def namespace_entry(namespace: str, key: str) -> Code:
    """Reads one entry of a namespace."""
    if namespace == "nodes":
        return lambda evaluation: evaluation.environment.nodes.lookup(key)
    if namespace == "loops":
        return lambda evaluation: evaluation.environment.loops.lookup(key)
    if namespace == "globals":
        return lambda evaluation: evaluation.environment.globals.lookup(key)
    return lambda evaluation: evaluation.environment.credentials.lookup(key)


def root_name(name: str) -> Code:
    """Reads `inputs`, `vars` or `execution`."""
    if name == "inputs":
        return lambda evaluation: evaluation.environment.inputs
    if name == "vars":
        return lambda evaluation: evaluation.environment.vars
    return lambda evaluation: evaluation.environment.execution


def item_name(name: str) -> Code:
    """Reads `item` or `index`. Raises MissingError outside a forEach."""

    def read(evaluation: Evaluation) -> Any:
        environment = evaluation.environment
        if not environment.in_loop:
            raise MissingError(f"`{name}` is there only inside a forEach.")
        return environment.item if name == "item" else environment.index

    return read


def element_of(value: Any, key: Any, node: ast.expr) -> Any:
    """A key of an object, or an element of a list or text. Raises MissingError that says what there is instead."""
    if isinstance(value, dict):
        if isinstance(key, str) and key in value:
            return value[key]
        raise MissingError(f"`{_whole(node)}` has no key {key!r}; there are: {shown_keys(value)}.")
    if isinstance(value, list | str) and isinstance(key, int) and not isinstance(key, bool):
        if -len(value) <= key < len(value):
            return value[key]
        raise MissingError(f"`{_whole(node)}` has no element {key}; it has {len(value)}.")
    if value is None:
        raise MissingError(f"`{_whole(node)}` is null, so it has no {key!r}.")
    raise ExpressionError(f"`{_whole(node)}` is {kind_of(value)}, so it has no {key!r}.")


def _whole(node: ast.expr) -> str:
    return ast.unparse(node.value) if isinstance(node, ast.Attribute | ast.Subscript) else ast.unparse(node)
