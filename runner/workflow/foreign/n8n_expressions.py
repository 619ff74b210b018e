"""Values of n8n with expressions in them, as values of ours."""

import re
from typing import Any

from runner.workflow.foreign.javascript import Call, Constant, Member, Name, Tree
from runner.workflow.foreign.model import Piece
from runner.workflow.foreign.product import Surroundings
from runner.workflow.foreign.rendering import UntranslatableError, members_of, translate_javascript, translate_tree
from runner.workflow.foreign.scope import Scope, quoted

_EXPRESSION = re.compile(r"{{(.*?)}}", re.DOTALL)
_REFUSED = "{{ untranslated }}"
"""No name there is, so publishing refuses it."""
_WHOLE = re.compile(r"=\s*{{(.*)}}\s*", re.DOTALL)
_FIXED = {"$now": "now()", "$execution.id": "execution.id"}


class Values:
    """Translates the parameters of one node; what cannot be is noted and left as it was, so publishing refuses it."""

    def __init__(self, piece: Piece, around: Surroundings) -> None:
        self._piece = piece
        self._around = around

    def value(self, given: Any, where: str) -> Any:
        """Any JSON: texts that begin with `=` are expressions, all others stay what they say."""
        if isinstance(given, str):
            return self._text(given, where)
        if isinstance(given, list):
            return [self.value(element, where) for element in given]
        if isinstance(given, dict):
            return {key: self.value(element, where) for key, element in given.items()}
        return given

    def operand(self, given: Any) -> str:
        """The same as an expression without braces, to be part of another. Raises UntranslatableError."""
        if not isinstance(given, str):
            return quoted(given)
        if not given.startswith("="):
            return quoted(given)
        parts = self._parts(given[1:])
        if len(parts) == 1:
            return parts[0][1] if parts[0][0] else quoted(parts[0][1])
        texts = [f"str({text})" if is_expression else quoted(text) for is_expression, text in parts]
        return "(" + " + ".join(texts) + ")" if texts else '""'

    def members(self, given: str, where: str) -> dict[str, Any]:
        """`={{ JSON.stringify({a: x}) }}` and `={{ {a: x} }}` member by member. Raises UntranslatableError."""
        whole = _WHOLE.fullmatch(given)
        if whole is None:
            raise UntranslatableError("It is not one expression.")
        return {name: self._member(tree, where) for name, tree in members_of(whole[1]).items()}

    def _member(self, tree: Tree, where: str) -> Any:
        if isinstance(tree, Constant):
            return _plain(tree.value) if isinstance(tree.value, str) else tree.value
        try:
            return f"{{{{ {translate_tree(tree, self, self._caution)} }}}}"
        except UntranslatableError as error:
            self._around.note(self._piece, "expression", f"{where}: a member was not translated: {error}")
            return _REFUSED

    def _text(self, given: str, where: str) -> str:
        if not given.startswith("="):
            return _plain(given)
        try:
            parts = self._parts(given[1:])
        except UntranslatableError as error:
            self._around.note(self._piece, "expression", f"{where}: {given[1:]} was not translated: {error}")
            return given[1:]
        return "".join(f"{{{{ {text} }}}}" if is_expression else text for is_expression, text in parts)

    def _parts(self, text: str) -> list[tuple[bool, str]]:
        """Plain texts and expressions of ours, in order."""
        parts: list[tuple[bool, str]] = []
        position = 0
        for found in _EXPRESSION.finditer(text):
            if found.start() > position:
                parts.append((False, text[position : found.start()]))
            parts.append((True, translate_javascript(found[1], self, self._caution)))
            position = found.end()
        if position < len(text):
            parts.append((False, text[position:]))
        return parts

    def _caution(self, message: str) -> None:
        self._around.note(self._piece, "approximate", message)

    # -- references -----------------------------------------------------------------------------------------------

    def read(self, tree: Tree) -> str | None:
        """`$json.a`, `$('Node').item.json.a`, `$node["Node"].json.a`, `$now`, …"""
        fixed = _FIXED.get(_dotted(tree))
        if fixed is not None:
            return fixed
        if tree == Name("$itemIndex") and self._around.in_loop:
            return "index"
        match tree:
            case Call(Member(Name("$now"), Constant("toISO")), ()):
                return "now()"
        path: list[str | int] = []
        optional = False
        while isinstance(tree, Member):
            scope = self._json(tree)
            if scope is not None:
                return _read(scope, path, optional)
            if (
                not isinstance(tree.key, Constant)
                or not isinstance(tree.key.value, str | int)
                or tree.key.value == "length"
            ):
                return None
            path.insert(0, tree.key.value)
            optional = optional or tree.optional
            tree = tree.of
        scope = self._json(tree)
        return None if scope is None else _read(scope, path, optional)

    def _json(self, tree: Tree) -> Scope | None:
        """The data that `$json` or an item's `.json` stands for."""
        match tree:
            case Name("$json"):
                return self._around.before
            case Member(of, Constant("json")):
                return self._item(of)
        return None

    def _item(self, tree: Tree) -> Scope | None:
        match tree:
            case Member(Name("$input"), Constant("item")) | Call(
                Member(Name("$input"), Constant("first" | "last")), ()
            ):
                return self._around.before
            case Member(Name("$node"), Constant(str(name))):
                return self._node(name)
            case Member(Call(Name("$"), (Constant(str(name)),)), Constant("item")):
                return self._node(name)
            case Call(Member(Call(Name("$"), (Constant(str(name)),)), Constant("first" | "last")), ()):
                return self._node(name)
        return None

    def _node(self, name: str) -> Scope:
        scope = self._around.behind.get(name)
        if scope is None:
            raise UntranslatableError(f"There is no node {name!r} before it.")
        return scope


def _plain(text: str) -> str:
    return text.replace("{{", '{{ "{{" }}')


def _read(scope: Scope, path: list[str | int], optional: bool) -> str:
    found = scope.at(path)
    if found is None:
        raise UntranslatableError("It reads data whose place here is not known; name the node: nodes.ID.output.")
    return f"default({found}, null)" if optional else found


def _dotted(tree: Tree) -> str:
    match tree:
        case Name(name):
            return name
        case Member(Name(name), Constant(str(key))):
            return f"{name}.{key}"
    return ""
