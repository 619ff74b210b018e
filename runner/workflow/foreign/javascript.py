"""The part of JavaScript that stands in expressions of other products: text in, tree out. Never runs anything."""

import re
from dataclasses import dataclass
from typing import Any

MAX_SOURCE = 5_000
MAX_DEPTH = 60

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)
    | (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<template>`(?:[^`\\]|\\.)*`)
    | (?P<sign>===|!==|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\*\*|=>|\.\.\.|[-+*/%<>!?:.,()\[\]{}])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}
_LEVELS = (("??",), ("||",), ("&&",), ("===", "!==", "==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
_CONSTANTS = {"true": True, "false": False, "null": None, "undefined": None}


class NoJavaScriptError(ValueError):
    """The text is no expression, or one that is more than data and operators."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text, true, false or null."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`of.key` or `of[key]`; optional with `?.`."""

    of: "Tree"
    key: "Tree"
    optional: bool


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`."""

    function: "Tree"
    arguments: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One, two or three operands: `!a`, `-a`, `a + b`, `a ? b : c` (written `?`)."""

    sign: str
    operands: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """A template literal."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """`[a, b]`."""

    elements: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Keyed:
    """`{a: b}`."""

    entries: tuple[tuple[str, "Tree"], ...]


Tree = Constant | Name | Member | Call | Operation | Joined | Listed | Keyed


def parse_javascript(source: str) -> Tree:
    """Raises NoJavaScriptError."""
    if len(source) > MAX_SOURCE:
        raise NoJavaScriptError("It is too long.")
    parser = _Parser(_tokens(source))
    tree = parser.expression()
    parser.expect_end()
    return tree


def _tokens(source: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    source = source.strip()
    while position < len(source):
        found = _TOKEN.match(source, position)
        if found is None or found.lastgroup is None:
            raise NoJavaScriptError(f"{source[position:][:20]!r} cannot be read.")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return tokens


class _Parser:
    """Recursive descent, with a depth that ends."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def expression(self) -> Tree:
        """The conditional operator and everything that binds tighter."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NoJavaScriptError("It is nested too deeply.")
        condition = self._binary(0)
        if self._take("?"):
            yes = self.expression()
            self._expect(":")
            condition = Operation("?", (condition, yes, self.expression()))
        self._depth -= 1
        return condition

    def expect_end(self) -> None:
        """Nothing may be left."""
        if self._at < len(self._tokens):
            raise NoJavaScriptError(f"{self._tokens[self._at][1]!r} is more than an expression.")

    def _binary(self, level: int) -> Tree:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while (sign := self._sign()) in _LEVELS[level]:
            self._at += 1
            left = Operation(sign, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> Tree:
        for sign in ("!", "-", "+"):
            if self._take(sign):
                self._depth += 1
                if self._depth > MAX_DEPTH:
                    raise NoJavaScriptError("It is nested too deeply.")
                operand = self._unary()
                self._depth -= 1
                return Operation(sign, (operand,))
        return self._postfix(self._primary())

    def _postfix(self, tree: Tree) -> Tree:
        while True:
            if self._take("?."):
                key = self._index() if self._sign() == "[" else Constant(self._name())
                tree = Member(tree, key, optional=True)
            elif self._take("."):
                tree = Member(tree, Constant(self._name()), optional=False)
            elif self._sign() == "[":
                tree = Member(tree, self._index(), optional=False)
            elif self._take("("):
                tree = Call(tree, self._until(")"))
            else:
                return tree

    def _index(self) -> Tree:
        self._expect("[")
        key = self.expression()
        self._expect("]")
        return key

    def _primary(self) -> Tree:
        if self._at >= len(self._tokens):
            raise NoJavaScriptError("Something is missing at its end.")
        kind, text = self._tokens[self._at]
        self._at += 1
        match kind:
            case "number":
                return Constant(float(text) if set(text) & set(".eE") else int(text))
            case "text":
                return Constant(_unescaped(text[1:-1]))
            case "template":
                return _template(text[1:-1])
            case "name":
                return Constant(_CONSTANTS[text]) if text in _CONSTANTS else Name(text)
        if text == "(":
            inner = self.expression()
            self._expect(")")
            return inner
        if text == "[":
            return Listed(self._until("]"))
        if text == "{":
            return self._object()
        raise NoJavaScriptError(f"{text!r} cannot stand there.")

    def _object(self) -> Tree:
        entries = []
        while not self._take("}"):
            kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
            if kind not in ("name", "text"):
                raise NoJavaScriptError("An object has a key that is no word and no text.")
            self._at += 1
            self._expect(":")
            entries.append((text if kind == "name" else _unescaped(text[1:-1]), self.expression()))
            if not self._take(",") and self._sign() != "}":
                raise NoJavaScriptError("An object does not end.")
        return Keyed(tuple(entries))

    def _until(self, closing: str) -> tuple[Tree, ...]:
        elements: list[Tree] = []
        while not self._take(closing):
            elements.append(self.expression())
            if not self._take(",") and self._sign() != closing:
                raise NoJavaScriptError(f"{closing!r} is missing.")
        return tuple(elements)

    def _sign(self) -> str:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        return text if kind == "sign" else ""

    def _take(self, sign: str) -> bool:
        if self._sign() != sign:
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise NoJavaScriptError(f"{sign!r} is missing.")

    def _name(self) -> str:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if kind != "name":
            raise NoJavaScriptError("A name is missing behind a dot.")
        self._at += 1
        return text


def _template(text: str) -> Tree:
    parts: list[Tree] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        end = text.find("}", start)
        if end < 0:
            raise NoJavaScriptError("A template does not end.")
        parts += [Constant(_unescaped(text[position:start])), parse_javascript(text[start + 2 : end])]
        position = end + 1
    return Joined((*parts, Constant(_unescaped(text[position:]))))


def _unescaped(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code[1:], 16)) if len(code) > 1 else _ESCAPES.get(code, code)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", plain, text, flags=re.DOTALL)
