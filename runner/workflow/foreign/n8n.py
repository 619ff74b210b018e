"""n8n's nodes as ours."""

from collections.abc import Callable, Mapping
from typing import Any

from runner.workflow.foreign.model import Note, Piece
from runner.workflow.foreign.n8n_conditions import condition_of, rule_of
from runner.workflow.foreign.n8n_expressions import Values
from runner.workflow.foreign.n8n_fields import keeps_others, object_expression, scope_behind, set_fields
from runner.workflow.foreign.n8n_http import make_request
from runner.workflow.foreign.n8n_triggers import BASE, trigger_of
from runner.workflow.foreign.product import Made, Surroundings, placeholder
from runner.workflow.foreign.rendering import UntranslatableError
from runner.workflow.foreign.scope import UNKNOWN, Scope, quoted

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_CODE = "Code has no equivalent: draw it with data.transform, or move it to a script node."
_REFUSED: Mapping[str, str] = {
    "code": _CODE,
    "function": _CODE,
    "functionItem": _CODE,
    "executeWorkflow": "Name the workflow that is called: control.subworkflow takes its place.",
    "respondToWebhook": "A webhook answers with the workflow's output here: give the graph one, call with ?wait=30.",
}


class N8n:
    """See `Product`."""

    title = "n8n"

    def trigger(self, piece: Piece, notes: list[Note]) -> Scope | None:
        """By its type."""
        return trigger_of(piece, notes)

    def loop(self, piece: Piece) -> tuple[int, int] | None:
        """Since version 3 the first output is the one behind the loop."""
        if piece.kind != f"{BASE}splitInBatches":
            return None
        return (1, 0) if _version(piece) >= 3 else (0, 1)

    def make(self, piece: Piece, around: Surroundings) -> Made:
        """A placeholder for what has no equivalent."""
        kind = piece.kind.removeprefix(BASE)
        maker = _MAKERS.get(kind)
        if maker is None:
            return placeholder(piece, around, _REFUSED.get(kind, f"There is no node like {piece.kind}."))
        try:
            made = maker(piece, around, Values(piece, around))
        except UntranslatableError as error:
            return placeholder(piece, around, f"It was not translated: {error}")
        return _with_errors(piece, around, made)


def _version(piece: Piece) -> float:
    version = piece.original.get("typeVersion", 1)
    return float(version) if isinstance(version, int | float) else 1.0


def _set(piece: Piece, around: Surroundings, values: Values) -> Made:
    expression, paths = object_expression(set_fields(piece.config), values)
    before = around.before if keeps_others(piece.config, _version(piece)) else None
    return Made(
        "data.transform", {"expression": f"{{{{ {expression} }}}}"}, after=(scope_behind(around.id, paths, before),)
    )


def _if(piece: Piece, around: Surroundings, values: Values) -> Made:
    try:
        condition = f"{{{{ {condition_of(piece.config, values)} }}}}"
    except UntranslatableError as error:
        # Both ways must stay apart, so it keeps its shape; the empty condition is found before it could ever run.
        around.note(piece, "expression", f"Its condition was not translated: {error}")
        condition = ""
    return Made("control.if", {"condition": condition}, ("true", "false"), (around.before,))


def _filter(piece: Piece, around: Surroundings, values: Values) -> Made:
    around.note(piece, "approximate", "It filtered items there; here it lets the whole through or not.")
    condition = f"{{{{ {condition_of(piece.config, values)} }}}}"
    return Made("control.if", {"condition": condition}, ("true",), (around.before,))


def _switch(piece: Piece, around: Surroundings, values: Values) -> Made:
    """By the number of the first rule that holds, so rules of any kind have a port each."""
    given = piece.config
    if given.get("mode") == "expression":
        number = values.operand(given.get("output", 0))
        count = max(len(piece.outputs), 1)
        cases: list[dict[str, Any]] = [{"value": index, "port": f"out{index}"} for index in range(count)]
        ports = tuple(str(case["port"]) for case in cases)
        return Made("control.switch", {"value": f"{{{{ {number} }}}}", "cases": cases}, ports, (around.before,))
    conditions, ports = _rules(given, values)
    if not conditions:
        raise UntranslatableError("It has no rules.")
    text = quoted(None)
    for index in range(len(conditions) - 1, -1, -1):
        text = f"({index} if {conditions[index]} else {text})"
    cases = [{"value": index, "port": f"out{index}"} for index in range(len(conditions))]
    return Made("control.switch", {"value": f"{{{{ {text} }}}}", "cases": cases}, ports, (around.before,))


def _rules(given: Mapping[str, Any], values: Values) -> tuple[list[str], tuple[str, ...]]:
    """The condition of each rule, and the port of each output; the fallback's stands behind the rules'."""
    rules = given.get("rules")
    listed = rules.get("values", rules.get("rules")) if isinstance(rules, dict) else None
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    if isinstance(rules, dict) and "values" in rules:
        conditions = [condition_of(entry, values) for entry in entries]
        return conditions, (*(f"out{index}" for index in range(len(entries))), "default")
    kind = str(given.get("dataType", "number"))
    conditions = [rule_of(kind, given.get("value1"), entry, values) for entry in entries]
    outputs = {int(entry.get("output", 0)): index for index, entry in reversed(list(enumerate(entries)))}
    if len(outputs) < len(entries):
        raise UntranslatableError("Several of its rules lead to the same output.")
    fallback = given.get("fallbackOutput", -1)
    ports = [f"out{outputs[number]}" if number in outputs else "default" for number in range(4)]
    if isinstance(fallback, int) and fallback in outputs:
        raise UntranslatableError("Its fallback leads to the output of a rule.")
    return conditions, tuple(ports)


def _merge(piece: Piece, around: Surroundings, values: Values) -> Made:  # noqa: ARG001 - one signature for all
    around.note(piece, "approximate", "It waits for its branches; their data is not merged: name the nodes to read it.")
    return Made("control.join", {"mode": "all"}, after=(UNKNOWN,))


def _pass(piece: Piece, around: Surroundings, values: Values) -> Made:  # noqa: ARG001 - one signature for all
    return Made("control.join", {"mode": "all"}, after=(around.before,))


def _wait(piece: Piece, around: Surroundings, values: Values) -> Made:
    given = piece.config
    if given.get("resume", "timeInterval") != "timeInterval":
        raise UntranslatableError("It waits for a time or a call; here that is an approval or two workflows.")
    older = _version(piece) < 1.1
    factor = _SECONDS.get(str(given.get("unit", "hours" if older else "seconds")))
    amount = given.get("amount", 1 if older else 5)
    if factor is None:
        raise UntranslatableError("Its unit is not known.")
    if isinstance(amount, int | float):
        return Made("control.delay", {"seconds": amount * factor}, after=(around.before,))
    return Made("control.delay", {"seconds": f"{{{{ {values.operand(amount)} * {factor} }}}}"}, after=(around.before,))


def _loop(piece: Piece, around: Surroundings, values: Values) -> Made:  # noqa: ARG001 - one signature for all
    if not around.is_clean_loop:
        raise UntranslatableError("What it repeats cannot be told from what follows it.")
    items = around.before.at(())
    if items is None:
        around.note(piece, "expression", "Say which list it goes through: its items could not be told.")
    if piece.config.get("batchSize", 1) != 1:
        around.note(piece, "approximate", f"It took {piece.config['batchSize']} items a turn there; here it is one.")
    around.note(piece, "approximate", "It goes through the list that the node before it gives, one item a turn.")
    config = {"items": f"{{{{ {items} }}}}" if items else ""}
    inside, behind = Scope("item"), UNKNOWN
    after = (behind, inside) if _version(piece) >= 3 else (inside, behind)
    return Made("control.forEach", config, ("out",), after)


def _stop(piece: Piece, around: Surroundings, values: Values) -> Made:  # noqa: ARG001 - one signature for all
    message = values.value(piece.config.get("errorMessage", "Stopped."), "errorMessage")
    return Made("control.stop", {"status": "fail", "message": message}, ())


_MAKERS: Mapping[str, Callable[[Piece, Surroundings, Values], Made]] = {
    "set": _set,
    "if": _if,
    "filter": _filter,
    "switch": _switch,
    "merge": _merge,
    "noOp": _pass,
    "wait": _wait,
    "splitInBatches": _loop,
    "stopAndError": _stop,
    "httpRequest": make_request,
}


def _with_errors(piece: Piece, around: Surroundings, made: Made) -> Made:
    """What happens when it fails: tried again, gone on, or by a way of its own."""
    options = dict(made.options)
    original = piece.original
    if original.get("retryOnFail") is True:
        attempts, pause = original.get("maxTries", 3), original.get("waitBetweenTries", 1000)
        if isinstance(attempts, int) and isinstance(pause, int | float):
            options["retry"] = {"maxAttempts": max(1, min(attempts, 10)), "backoffSeconds": pause / 1000}
    ports = made.ports
    behaviour = original.get("onError", "continueRegularOutput" if original.get("continueOnFail") is True else "")
    if behaviour == "continueRegularOutput":
        options["onError"] = "continue"
    elif behaviour == "continueErrorOutput" and made.ports == ("out",):
        options["onError"] = "errorPort"
        ports = ("out", "error")
    if original.get("notes"):
        around.note(piece, "setting", f"Its note: {str(original['notes'])[:500]}")
    return Made(made.type, made.config, ports, made.after, options, made.is_placeholder)
