"""JavaScript's expressions as ours. What is not the same there and here is refused, or said to be approximate."""

import json
from collections.abc import Callable
from typing import Protocol

from runner.workflow.evaluation import ExpressionError
from runner.workflow.expressions import compile_expression
from runner.workflow.foreign.javascript import (
    Call,
    Constant,
    Joined,
    Keyed,
    Listed,
    Member,
    Name,
    NoJavaScriptError,
    Operation,
    Tree,
    parse_javascript,
)
from runner.workflow.foreign.scope import accessors, quoted

_SAME = frozenset({"-", "*", "/", "<", ">", "<=", ">="})
_EQUALITY = {"===": "==", "!==": "!=", "==": "==", "!=": "!="}
_BOOLEAN = frozenset({"!", "===", "!==", "==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_METHODS: dict[tuple[str, int], str] = {
    ("toUpperCase", 0): "{0}.upper()",
    ("toLowerCase", 0): "{0}.lower()",
    ("trim", 0): "{0}.strip()",
    ("toString", 0): "str({0})",
    ("startsWith", 1): "{0}.startswith({1})",
    ("endsWith", 1): "{0}.endswith({1})",
    ("includes", 1): "({1} in {0})",
    ("split", 1): "{0}.split({1})",
    ("join", 1): "join({0}, {1})",
    ("replaceAll", 2): "{0}.replace({1}, {2})",
    ("replace", 2): "{0}.replace({1}, {2}, 1)",
}
_FUNCTIONS: dict[tuple[str, int], str] = {
    ("String", 1): "str({0})",
    ("Math.floor", 1): "floor({0})",
    ("Math.ceil", 1): "ceil({0})",
    ("Math.abs", 1): "abs({0})",
    ("Math.max", 2): "max({0}, {1})",
    ("Math.min", 2): "min({0}, {1})",
    ("JSON.parse", 1): "json({0})",
    ("Object.keys", 1): "keys({0})",
    ("Object.values", 1): "values({0})",
}


class UntranslatableError(ValueError):
    """The expression has no equivalent; the message says what in it."""


class Reader(Protocol):
    """Knows what the names of the other product stand for."""

    def read(self, tree: Tree) -> str | None:
        """Our expression for a reference such as `$json.a`; None when the tree is none. Raises UntranslatableError."""


def translate_javascript(source: str, reader: Reader, caution: Callable[[str], None]) -> str:
    """Our expression, without braces. `caution` hears what may differ. Raises UntranslatableError."""
    return translate_tree(_parsed(source), reader, caution)


def translate_tree(tree: Tree, reader: Reader, caution: Callable[[str], None]) -> str:
    """The same for what was parsed."""
    try:
        text = _Renderer(reader, caution).render(tree)
        compile_expression(text)
    except ExpressionError as error:
        raise UntranslatableError(str(error)) from None
    return text


def members_of(source: str) -> dict[str, Tree]:
    """What `{a: x}`, or JSON.stringify of it, names. Raises UntranslatableError for anything else."""
    tree = _parsed(source)
    match tree:
        case Keyed(entries) | Call(Member(Name("JSON"), Constant("stringify")), (Keyed(entries), *_)):
            return dict(entries)
    raise UntranslatableError("It is no object whose members are written out.")


def _parsed(source: str) -> Tree:
    try:
        return parse_javascript(source)
    except NoJavaScriptError as error:
        raise UntranslatableError(str(error)) from None


class _Renderer:
    """One expression."""

    def __init__(self, reader: Reader, caution: Callable[[str], None]) -> None:
        self._reader = reader
        self._caution = caution

    def render(self, tree: Tree) -> str:
        """Compound operands are put in brackets, so precedence needs no thought."""
        known = self._reader.read(tree)
        if known is not None:
            return known
        match tree:
            case Constant(value):
                return quoted(value)
            case Joined(parts):
                return "(" + " + ".join(self._text(part) for part in parts) + ")"
            case Listed(elements):
                return "[" + ", ".join(map(self.render, elements)) + "]"
            case Keyed(entries):
                return "{" + ", ".join(f"{json.dumps(key)}: {self.render(value)}" for key, value in entries) + "}"
            case Operation(sign, operands):
                return self._operation(sign, operands)
            case Member():
                return self._member(tree)
            case Call():
                return self._call(tree)
            case Name(name):
                raise UntranslatableError(f"There is nothing here like {name}.")
        raise UntranslatableError("It has no equivalent.")

    def _text(self, tree: Tree) -> str:
        return self.render(tree) if _is_text(tree) else f"str({self.render(tree)})"

    def _operation(self, sign: str, operands: tuple[Tree, ...]) -> str:
        if sign == "?":
            condition, yes, no = operands
            return f"({self.render(yes)} if {self._condition(condition)} else {self.render(no)})"
        if len(operands) == 1:
            (operand,) = operands
            if sign == "!":
                return f"(not {self._condition(operand)})"
            if sign == "-":
                return f"(-{self.render(operand)})"
            raise UntranslatableError("It makes a number of something with a plus.")
        left, right = operands
        if sign in ("&&", "||"):
            word = "and" if sign == "&&" else "or"
            return f"({self._condition(left)} {word} {self._condition(right)})"
        if sign == "??":
            value = self.render(left)
            return f"({value} if default({value}, null) != null else {self.render(right)})"
        if sign == "+" and (_is_text(left) or _is_text(right)):
            return f"({self._text(left)} + {self._text(right)})"
        if sign in _EQUALITY:
            return self._equality(sign, left, right)
        if sign in _SAME or sign == "+":
            return f"({self.render(left)} {sign} {self.render(right)})"
        raise UntranslatableError(f"The operator {sign} means something else here.")

    def _equality(self, sign: str, left: Tree, right: Tree) -> str:
        with_null = Constant(None) in (left, right)
        if len(sign) == 2 and not with_null:
            self._caution(f"{sign} compares without converting here: 1 and '1' differ.")
        values = [
            f"default({self.render(side)}, null)" if with_null and side != Constant(None) else self.render(side)
            for side in (left, right)
        ]
        return f"({values[0]} {_EQUALITY[sign]} {values[1]})"

    def _condition(self, tree: Tree) -> str:
        if not (isinstance(tree, Operation) and tree.sign in _BOOLEAN) and not isinstance(tree, Constant | Call):
            self._caution("An empty list or object counts as false here.")
        return self.render(tree)

    def _member(self, tree: Member) -> str:
        of = self.render(tree.of)
        if tree.key == Constant("length"):
            return f"len({of})"
        if isinstance(tree.key, Constant) and isinstance(tree.key.value, str | int):
            value = f"{of}{accessors([tree.key.value])}"
        else:
            value = f"{of}[{self.render(tree.key)}]"
        return f"default({value}, null)" if tree.optional else value

    def _call(self, tree: Call) -> str:
        arguments = [self.render(argument) for argument in tree.arguments]
        function = tree.function
        name = _dotted(function)
        if (name, len(arguments)) in _FUNCTIONS:
            return _FUNCTIONS[(name, len(arguments))].format(*arguments)
        if isinstance(function, Member) and isinstance(function.key, Constant):
            method = _METHODS.get((str(function.key.value), len(arguments)))
            if method is not None:
                return method.format(self.render(function.of), *arguments)
            raise UntranslatableError(f"There is no method {function.key.value} here.")
        raise UntranslatableError(f"There is no function {name or 'like that'} here.")


def _dotted(tree: Tree) -> str:
    match tree:
        case Name(name):
            return name
        case Member(Name(name), Constant(str(key)), False):
            return f"{name}.{key}"
    return ""


def _is_text(tree: Tree) -> bool:
    match tree:
        case Constant(str()) | Joined():
            return True
        case Operation("+", (left, right)):
            return _is_text(left) or _is_text(right)
    return False
