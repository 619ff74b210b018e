"""From the syntax tree of an expression to one closure that evaluates it.

The closure can do what is written here and nothing else: names are known words, attributes are keys of plain data,
functions and methods come from tables. Python's own evaluation is never involved.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from runner.workflow.evaluation import (
    SLOT_BYTES,
    Evaluation,
    ExpressionError,
    MissingError,
    kind_of,
    to_text,
)
from runner.workflow.expression_formats import format_number
from runner.workflow.expression_functions import FUNCTIONS
from runner.workflow.expression_methods import METHOD_NAMES, call_method
from runner.workflow.expression_names import (
    NAMES,
    NAMESPACES,
    Code,
    element_of,
    item_name,
    namespace_entry,
    namespace_of,
    root_name,
)
from runner.workflow.expression_operators import BINARY, COMPARISONS, UNARY, finite
from runner.workflow.expression_walks import Walk, call_innermost, loop_over, target_names, with_own_names

MAX_NODES = 500
MAX_NESTING = 100
MAX_TEXT = 100_000


KEYWORD_MARK = "__key_"
"""Stands before a key that Python keeps as a keyword, so that its parser takes it."""

_WORDS = {"null": None, "true": True, "false": False}


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
    _local: frozenset[str] = frozenset()
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
            raise ExpressionError(f"An expression cannot contain {_words_for(node)}.")
        code = compile_kind(self, node)
        self._depth -= 1
        return code

    def _compile_guarded(self, node: ast.expr) -> Code:
        self._guarded += 1
        code = self.compile(node)
        self._guarded -= 1
        return code

    def _refer(self, root: str, key: str | None) -> None:
        self.references.append(Reference(root, key, certain=not self._guarded))

    # -- names and keys -------------------------------------------------------------------------------------------

    def _constant(self, node: ast.Constant) -> Code:
        value = node.value
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise ExpressionError(f"A text has more than {MAX_TEXT} characters.")
        elif value is not None and not isinstance(value, bool | int | float):
            raise ExpressionError(f"An expression cannot contain {type(value).__name__} constants.")
        finite(value)
        return lambda _: value

    def _name(self, node: ast.Name) -> Code:
        name = node.id
        if name in self._local:
            return lambda evaluation: evaluation.local[name]
        if name in _WORDS:
            word = _WORDS[name]
            return lambda _: word
        if name in NAMESPACES:
            raise ExpressionError(f"`{name}` needs a name after it: {name}.<name>.")
        if name in FUNCTIONS or name == "default":
            raise ExpressionError(f"`{name}` is a function: {name}(…).")
        if name not in NAMES:
            raise ExpressionError(f"There is no name {name!r}; there are: {', '.join(NAMES)}.")
        self._refer(name, None)
        return item_name(name) if name in ("item", "index") else root_name(name)

    def _attribute(self, node: ast.Attribute) -> Code:
        return self._key_of(node.value, node.attr.removeprefix(KEYWORD_MARK), node)

    def _subscript(self, node: ast.Subscript) -> Code:
        index = node.slice
        if isinstance(index, ast.Slice):
            return self._slice(node.value, index)
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            return self._key_of(node.value, index.value, node)
        if namespace_of(node.value, self._local):
            raise ExpressionError(f"`{ast.unparse(node.value)}` needs a name written out, not a computed one.")
        value_code, index_code = self.compile(node.value), self.compile(index)
        return lambda evaluation: element_of(value_code(evaluation), index_code(evaluation), node)

    def _key_of(self, whole: ast.expr, key: str, node: ast.expr) -> Code:
        namespace = namespace_of(whole, self._local)
        if namespace:
            self._refer(namespace, key)
            return namespace_entry(namespace, key)
        if isinstance(whole, ast.Name) and whole.id in ("vars", "inputs") and whole.id not in self._local:
            self._refer(whole.id, key)
            value_code = root_name(whole.id)
        else:
            value_code = self.compile(whole)

        def read(evaluation: Evaluation) -> Any:
            value = value_code(evaluation)
            if type(value) is dict and key in value:
                return value[key]
            return element_of(value, key, node)

        return read

    def _slice(self, whole: ast.expr, bounds: ast.Slice) -> Code:
        value_code = self.compile(whole)
        codes = [self.compile(bound) if bound else _nothing for bound in (bounds.lower, bounds.upper, bounds.step)]

        def read(evaluation: Evaluation) -> Any:
            value = value_code(evaluation)
            if not isinstance(value, list | str):
                raise ExpressionError(f"Only texts and lists can be cut, not {kind_of(value)}.")
            part = value[slice(*(code(evaluation) for code in codes))]
            evaluation.build(len(part) * (1 if isinstance(part, str) else SLOT_BYTES))
            return part

        return read

    # -- operators ------------------------------------------------------------------------------------------------

    def _binary(self, node: ast.BinOp) -> Code:
        operator = BINARY.get(type(node.op))
        if operator is None:
            raise ExpressionError(f"An expression cannot contain {_words_for(node.op)}.")
        left, right = self.compile(node.left), self.compile(node.right)
        return lambda evaluation: operator(evaluation, left(evaluation), right(evaluation))

    def _unary(self, node: ast.UnaryOp) -> Code:
        operator = UNARY.get(type(node.op))
        if operator is None:
            raise ExpressionError(f"An expression cannot contain {_words_for(node.op)}.")
        operand = self.compile(node.operand)
        return lambda evaluation: operator(operand(evaluation))

    def _boolean(self, node: ast.BoolOp) -> Code:
        first = self.compile(node.values[0])
        rest = [self._compile_guarded(value) for value in node.values[1:]]
        stop_at = isinstance(node.op, ast.Or)

        def decide(evaluation: Evaluation) -> Any:
            value = first(evaluation)
            for code in rest:
                if bool(value) is stop_at:
                    return value
                value = code(evaluation)
            return value

        return decide

    def _choice(self, node: ast.IfExp) -> Code:
        test = self.compile(node.test)
        body, other = self._compile_guarded(node.body), self._compile_guarded(node.orelse)
        return lambda evaluation: body(evaluation) if test(evaluation) else other(evaluation)

    def _compare(self, node: ast.Compare) -> Code:
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.Is | ast.IsNot) and not _is_word(right):
                raise ExpressionError("`is` compares with None, True or False only; use == for values.")
        first = self.compile(node.left)
        steps = [
            (COMPARISONS[type(operator)], self.compile(right))
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

    # -- calls ----------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Code:
        if any(isinstance(argument, ast.Starred) for argument in node.args) or any(
            k.arg is None for k in node.keywords
        ):
            raise ExpressionError("An expression cannot contain * or ** in a call.")
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        if not isinstance(node.func, ast.Name):
            raise ExpressionError("Only functions and methods can be called.")
        name = node.func.id
        if name == "default":
            return self._default(node)
        function = FUNCTIONS.get(name)
        if function is None or name in self._local:
            raise ExpressionError(f"There is no function {name!r}; there are: default, {', '.join(FUNCTIONS)}.")
        arguments = [self.compile(argument) for argument in node.args]
        keywords = [(str(keyword.arg), self.compile(keyword.value)) for keyword in node.keywords]

        def call(evaluation: Evaluation) -> Any:
            evaluation.work()
            return function(
                evaluation,
                *[code(evaluation) for code in arguments],
                **{key: code(evaluation) for key, code in keywords},
            )

        return call

    def _method(self, node: ast.Call, method: ast.Attribute) -> Code:
        name = method.attr
        if name not in METHOD_NAMES:
            raise ExpressionError(f"There is no method {name!r}.")
        if node.keywords:
            raise ExpressionError(f"The method {name!r} takes no named arguments.")
        value = self.compile(method.value)
        arguments = [self.compile(argument) for argument in node.args]
        return lambda evaluation: call_method(
            evaluation, value(evaluation), name, [code(evaluation) for code in arguments]
        )

    def _default(self, node: ast.Call) -> Code:
        if len(node.args) != 2 or node.keywords:
            raise ExpressionError("default() takes two arguments: the value and what stands for it when it is missing.")
        value, otherwise = self._compile_guarded(node.args[0]), self._compile_guarded(node.args[1])

        def read(evaluation: Evaluation) -> Any:
            try:
                return value(evaluation)
            except MissingError:
                return otherwise(evaluation)

        return read

    # -- texts, lists, objects ------------------------------------------------------------------------------------

    def _joined(self, node: ast.JoinedStr) -> Code:
        parts = [self.compile(part) for part in node.values]

        def join(evaluation: Evaluation) -> str:
            texts = [to_text(code(evaluation)) for code in parts]
            evaluation.build(sum(map(len, texts)))
            return "".join(texts)

        return join

    def _formatted(self, node: ast.FormattedValue) -> Code:
        value = self.compile(node.value)
        if node.format_spec is None and node.conversion == -1:
            return value
        specification = ast.literal_eval(node.format_spec.values[0]) if _is_literal_format(node.format_spec) else None  # type: ignore[union-attr] # checked by _is_literal_format
        if specification is None or node.conversion != -1:
            raise ExpressionError("A format must be written out, as in {x:.2f}.")
        return lambda evaluation: format_number(value(evaluation), specification)

    def _list(self, node: ast.List | ast.Tuple) -> Code:
        codes = [
            (self.compile(element.value), True) if isinstance(element, ast.Starred) else (self.compile(element), False)
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

    def _object(self, node: ast.Dict) -> Code:
        codes = [
            (None if key is None else self.compile(key), self.compile(value))
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

    # -- comprehensions -------------------------------------------------------------------------------------------

    def _list_comprehension(self, node: ast.ListComp | ast.GeneratorExp) -> Code:
        outer = self._local
        walk = self._generators(node.generators)
        element = self._compile_guarded(node.elt)
        self._local = outer

        def build(evaluation: Evaluation) -> list[Any]:
            result: list[Any] = []

            def add() -> None:
                evaluation.build(SLOT_BYTES)
                result.append(element(evaluation))

            with_own_names(evaluation, walk, add)
            return result

        return build

    def _object_comprehension(self, node: ast.DictComp) -> Code:
        outer = self._local
        walk = self._generators(node.generators)
        key, value = self._compile_guarded(node.key), self._compile_guarded(node.value)
        self._local = outer

        def build(evaluation: Evaluation) -> dict[str, Any]:
            result: dict[str, Any] = {}

            def add() -> None:
                evaluation.build(SLOT_BYTES)
                result[_object_key(key(evaluation))] = value(evaluation)

            with_own_names(evaluation, walk, add)
            return result

        return build

    def _generators(self, generators: list[ast.comprehension]) -> Walk:
        walk: Walk = call_innermost
        compiled = []
        for generator in generators:
            if generator.is_async:
                raise ExpressionError("An expression cannot contain async.")
            values = self.compile(generator.iter)
            names = target_names(generator.target)
            self._local |= frozenset(names)
            compiled.append((values, names, [self._compile_guarded(test) for test in generator.ifs]))
        for values, names, tests in reversed(compiled):
            walk = loop_over(values, names, tests, walk)
        return walk


def _nothing(_: Evaluation) -> None:
    return None


def _object_key(key: Any) -> str:
    if not isinstance(key, str):
        raise ExpressionError(f"The keys of an object are texts, not {kind_of(key)}; use str().")
    return key


def _is_word(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))) or (
        isinstance(node, ast.Name) and node.id in _WORDS
    )


def _is_literal_format(node: ast.expr | None) -> bool:
    return isinstance(node, ast.JoinedStr) and len(node.values) == 1 and isinstance(node.values[0], ast.Constant)


def _words_for(node: ast.AST) -> str:
    return _FORBIDDEN.get(type(node), f"{type(node).__name__}")


_FORBIDDEN: dict[type[ast.AST], str] = {
    ast.Lambda: "lambda",
    ast.NamedExpr: "an assignment",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.Set: "a set",
    ast.SetComp: "a set",
    ast.Starred: "*",
    ast.BitAnd: "`&`",
    ast.BitOr: "`|`",
    ast.BitXor: "`^`",
    ast.LShift: "`<<`",
    ast.RShift: "`>>`",
    ast.MatMult: "`@`",
    ast.Invert: "`~`",
}

_KINDS: dict[type[ast.expr], Callable[[Compiler, Any], Code]] = {
    ast.Attribute: Compiler._attribute,  # noqa: SLF001 - this table is part of the class
    ast.BinOp: Compiler._binary,  # noqa: SLF001
    ast.BoolOp: Compiler._boolean,  # noqa: SLF001
    ast.Call: Compiler._call,  # noqa: SLF001
    ast.Compare: Compiler._compare,  # noqa: SLF001
    ast.Constant: Compiler._constant,  # noqa: SLF001
    ast.Dict: Compiler._object,  # noqa: SLF001
    ast.DictComp: Compiler._object_comprehension,  # noqa: SLF001
    ast.FormattedValue: Compiler._formatted,  # noqa: SLF001
    ast.GeneratorExp: Compiler._list_comprehension,  # noqa: SLF001
    ast.IfExp: Compiler._choice,  # noqa: SLF001
    ast.JoinedStr: Compiler._joined,  # noqa: SLF001
    ast.List: Compiler._list,  # noqa: SLF001
    ast.ListComp: Compiler._list_comprehension,  # noqa: SLF001
    ast.Name: Compiler._name,  # noqa: SLF001
    ast.Subscript: Compiler._subscript,  # noqa: SLF001
    ast.Tuple: Compiler._list,  # noqa: SLF001
    ast.UnaryOp: Compiler._unary,  # noqa: SLF001
}
