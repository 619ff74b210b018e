"""From the syntax tree of an expression to one closure that evaluates it.

The closure can do what is written here and nothing else: names are known words, attributes are keys of plain data,
functions and methods come from tables. Python's own evaluation is never involved. What each kind of part becomes is
told by subject in `expression_reading`, `expression_operations`, `expression_calls` and `expression_building`.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from runner.workflow import expression_building, expression_calls, expression_operations, expression_reading
from runner.workflow.evaluation import ExpressionError
from runner.workflow.expression_names import Code
from runner.workflow.expression_refusals import words_for

MAX_NODES = 500
MAX_NESTING = 100


@dataclass(frozen=True, slots=True)
class Reference:
    """A name an expression reads: `nodes.n1` is ("nodes", "n1"), `item` is ("item", None).

    `certain` is false inside default() and in branches that may not be read, where the thing may be missing.
    """

    root: str
    key: str | None
    certain: bool = True


@dataclass(slots=True)
class Compiler:
    """Compiles one expression and collects what it refers to."""

    references: list[Reference] = field(default_factory=list)
    local: frozenset[str] = frozenset()
    """Names that a comprehension around gives."""
    _depth: int = 0
    _nodes: int = 0
    _guarded: int = 0

    def compile(self, node: ast.expr) -> Code:
        """The closure of a node. Raises ExpressionError for anything that expressions do not have."""
        self._nodes += 1
        self._depth += 1
        if self._nodes > MAX_NODES:
            raise ExpressionError(f"The expression has more than {MAX_NODES} parts.")
        if self._depth > MAX_NESTING:
            raise ExpressionError(f"The expression is nested deeper than {MAX_NESTING} levels.")
        compile_kind = _KINDS.get(type(node))
        if compile_kind is None:
            raise ExpressionError(f"An expression cannot contain {words_for(node)}.")
        code = compile_kind(self, node)
        self._depth -= 1
        return code

    def compile_guarded(self, node: ast.expr) -> Code:
        """The closure of a node that may not be read: what it names may be missing."""
        self._guarded += 1
        code = self.compile(node)
        self._guarded -= 1
        return code

    def refer(self, root: str, key: str | None) -> None:
        """Note a name that the expression reads."""
        self.references.append(Reference(root, key, certain=not self._guarded))


_KINDS: dict[type[ast.expr], Callable[[Compiler, Any], Code]] = {
    ast.Attribute: expression_reading.compile_attribute,
    ast.BinOp: expression_operations.compile_binary,
    ast.BoolOp: expression_operations.compile_boolean,
    ast.Call: expression_calls.compile_call,
    ast.Compare: expression_operations.compile_compare,
    ast.Constant: expression_reading.compile_constant,
    ast.Dict: expression_building.compile_object,
    ast.DictComp: expression_building.compile_object_comprehension,
    ast.FormattedValue: expression_building.compile_formatted,
    ast.GeneratorExp: expression_building.compile_list_comprehension,
    ast.IfExp: expression_operations.compile_choice,
    ast.JoinedStr: expression_building.compile_joined,
    ast.List: expression_building.compile_list,
    ast.ListComp: expression_building.compile_list_comprehension,
    ast.Name: expression_reading.compile_name,
    ast.Subscript: expression_reading.compile_subscript,
    ast.Tuple: expression_building.compile_list,
    ast.UnaryOp: expression_operations.compile_unary,
}
