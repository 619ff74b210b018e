"""Node-RED's nodes as ours. A message there is what stands behind a node here: `msg.payload` has a place of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runner.workflow.foreign.model import Note, Piece
from runner.workflow.foreign.node_red_values import comparison, path_of, read_property, typed_value
from runner.workflow.foreign.product import Made, Surroundings, placeholder
from runner.workflow.foreign.rendering import UntranslatableError
from runner.workflow.foreign.scope import UNKNOWN, Scope, quoted

_SECONDS = {"milliseconds": 0.001, "seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_REFUSED: Mapping[str, str] = {
    "function": "Code has no equivalent: draw it with data.transform, or move it to a script node.",
    "template": "Its template language has no equivalent: use data.transform with {{ … }}.",
    "http response": "A webhook answers with the workflow's output here: give the graph one, and call with ?wait=30.",
    "join": "It joins messages that no split made: collect them in a variable.",
    "link call": "Call another workflow by control.subworkflow.",
}


class NodeRed:
    """See `Product`."""

    title = "Node-RED"

    def trigger(self, piece: Piece, notes: list[Note]) -> Scope | None:
        """`inject` and `http in`."""
        if piece.kind == "inject":
            return _inject(piece, notes)
        if piece.kind == "http in":
            method, path = str(piece.config.get("method", "get")).upper(), piece.config.get("url", "")
            notes.append(Note(piece.name, "trigger", f"Make a webhook trigger; it was {method} {path} there."))
            parts = {name: Scope(f"inputs.webhook.{name}") for name in ("body", "headers", "query")}
            payload = parts["query"] if method == "GET" else parts["body"]
            return Scope(None, {"payload": payload, "req": Scope(None, parts)})
        return None

    def loop(self, piece: Piece) -> tuple[int, int] | None:
        """As the reader has drawn it."""
        return (0, 1) if piece.kind == "split" else None

    def make(self, piece: Piece, around: Surroundings) -> Made:
        """A placeholder for what has no equivalent."""
        maker = _MAKERS.get(piece.kind)
        if maker is None:
            why = "A subflow: import it on its own, then call it by control.subworkflow."
            default = why if piece.kind.startswith("subflow:") else f"There is no node like {piece.kind}."
            return placeholder(piece, around, _REFUSED.get(piece.kind, default))
        try:
            return maker(piece, around)
        except UntranslatableError as error:
            return placeholder(piece, around, f"It was not translated: {error}")


def _inject(piece: Piece, notes: list[Note]) -> Scope:
    given = piece.config
    if given.get("crontab"):
        notes.append(Note(piece.name, "trigger", f'Make a schedule trigger: cron "{given["crontab"]}".'))
    elif given.get("repeat"):
        notes.append(Note(piece.name, "trigger", f"Make a schedule trigger: every {given['repeat']} seconds."))
    if given.get("once") is True:
        notes.append(Note(piece.name, "trigger", "It also ran when the flows were started; there is no such trigger."))
    fields: dict[str, Scope] = {}
    for entry in given.get("props") or ({"p": "payload"}, {"p": "topic"}):
        name = str(entry.get("p", "")) if isinstance(entry, dict) else ""
        value, kind = entry.get("v"), entry.get("vt")
        if name == "payload" and value is None:
            value, kind = given.get("payload", ""), given.get("payloadType", "date")
        elif name == "topic" and value is None:
            value, kind = given.get("topic", ""), "str"
        try:
            if name:
                fields[name] = Scope(typed_value(value, str(kind or "str"), UNKNOWN))
        except UntranslatableError as error:
            notes.append(Note(piece.name, "expression", f"msg.{name}: {error}"))
    return Scope(None, fields)


def _change(piece: Piece, around: Surroundings) -> Made:
    """All rules as one object; each sees what those before it have done."""
    rules = piece.config.get("rules")
    message = around.before
    changed: dict[str, list[str | int]] = {}
    for rule in rules if isinstance(rules, list) else []:
        message = _apply(rule, message, changed)
    after, entries = message, []
    for name, path in changed.items():
        value = message.at(path)
        if value is not None:
            entries.append(f"{quoted(name)}: {value}")
            after = after.with_field(path, Scope(Scope(f"nodes.{around.id}.output").at([name])))
    return Made("data.transform", {"expression": f"{{{{ {{{', '.join(entries)}}} }}}}"}, after=(after,))


def _apply(rule: Mapping[str, Any], message: Scope, changed: dict[str, list[str | int]]) -> Scope:
    if rule.get("pt", "msg") != "msg":
        raise UntranslatableError("It changes what flows share; use a variable of the workflow.")
    name = str(rule.get("p", ""))
    path = path_of(name)
    match rule.get("t"):
        case "set":
            value = typed_value(rule.get("to", ""), str(rule.get("tot", "str")), message)
        case "change":
            if (rule.get("fromt", "str"), rule.get("tot", "str")) != ("str", "str"):
                raise UntranslatableError("It replaces more than a plain text by a plain text.")
            value = f"{read_property(name, message)}.replace({quoted(rule.get('from'))}, {quoted(rule.get('to'))})"
        case "move":
            if rule.get("tot", "msg") != "msg":
                raise UntranslatableError("It moves a property out of the message.")
            moved = read_property(name, message)
            target = str(rule.get("to", ""))
            changed.pop(name, None)
            changed[target] = path_of(target)
            return message.with_field(path, UNKNOWN).with_field(path_of(target), Scope(moved))
        case "delete":
            changed.pop(name, None)
            return message.with_field(path, UNKNOWN)
        case other:
            raise UntranslatableError(f"The rule {other!r} has no equivalent.")
    changed[name] = path
    return message.with_field(path, Scope(value))


def _switch(piece: Piece, around: Surroundings) -> Made:
    """By the number of the first rule that holds."""
    given = piece.config
    rules = [rule for rule in given.get("rules", ()) if isinstance(rule, dict)]
    if not rules:
        raise UntranslatableError("It has no rules.")
    value = typed_value(given.get("property", "payload"), str(given.get("propertyType", "msg")), around.before)
    text = "null"
    for index in range(len(rules) - 1, -1, -1):
        text = f"({index} if {comparison(rules[index], value, around.before)} else {text})"
    if str(given.get("checkall", "true")) == "true" and not _exclusive(rules):
        around.note(piece, "approximate", "It took every way whose rule held; here it takes the first.")
    cases = [{"value": index, "port": f"out{index}"} for index in range(len(rules))]
    ports = tuple(str(case["port"]) for case in cases)
    return Made("control.switch", {"value": f"{{{{ {text} }}}}", "cases": cases}, ports, (around.before,))


def _exclusive(rules: Sequence[Mapping[str, Any]]) -> bool:
    """Whether at most one rule can hold: different constants, and an else."""
    constants = [(rule.get("v"), rule.get("vt")) for rule in rules if rule.get("t") == "eq"]
    others = [rule for rule in rules if rule.get("t") not in ("eq", "else")]
    return not others and len(set(constants)) == len(constants) and all(kind != "msg" for _, kind in constants)


def _request(piece: Piece, around: Surroundings) -> Made:
    given = piece.config
    method = str(given.get("method") or "GET")
    if method == "use":
        raise UntranslatableError("Its method comes with the message.")
    url = str(given.get("url") or "")
    if "{{" in url:
        raise UntranslatableError("Its URL is a template in another language.")
    config: dict[str, Any] = {"method": method, "url": url or f"{{{{ {read_property('url', around.before)} }}}}"}
    headers = _headers(given.get("headers"), around)
    if headers:
        config["headers"] = headers
    if method not in ("GET", "HEAD") or given.get("paytoqs") in ("query", True, "body"):
        payload = read_property("payload", around.before)
        if given.get("paytoqs") in ("query", True):
            config["query"] = f"{{{{ {payload} }}}}"
        elif given.get("paytoqs") != "ignore" or method not in ("GET", "HEAD"):
            config["body"] = {"type": "json", "value": f"{{{{ {payload} }}}}"}
    if given.get("authType"):
        around.note(piece, "credential", f"Its {given['authType']} authentication: make a credential and set auth.")
    # There an answer is an answer, whatever its status.
    config["expectedStatus"] = "100-599"
    whole = f"nodes.{around.id}.output"
    returned = {"obj": "json", "txt": "text"}.get(str(given.get("ret", "txt")))
    if returned is None:
        raise UntranslatableError("It returns bytes; use saveTo.")
    if returned == "text":
        config["readAs"] = "text"
    fields = {
        "payload": Scope(f"{whole}.{returned}"),
        "statusCode": Scope(f"{whole}.status"),
        "headers": Scope(f"{whole}.headers"),
    }
    return Made("http.request", config, after=(Scope(None, fields, around.before),))


def _headers(given: Any, around: Surroundings) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    for entry in given if isinstance(given, list) else []:
        name = entry.get("keyValue") if entry.get("keyType") == "other" else entry.get("keyType")
        kind = entry.get("valueType", "other")
        if name in (None, "", "msg"):
            raise UntranslatableError("A header's name comes with the message.")
        if kind == "msg":
            headers[str(name)] = f"{{{{ str({read_property(str(entry.get('valueValue')), around.before)}) }}}}"
        else:
            headers[str(name)] = str(entry.get("valueValue") if kind == "other" else kind)
    return headers


def _delay(piece: Piece, around: Surroundings) -> Made:
    given = piece.config
    if given.get("pauseType", "delay") != "delay":
        raise UntranslatableError("It limits a rate or waits for a time the message brings.")
    factor = _SECONDS.get(str(given.get("timeoutUnits", "seconds")))
    if factor is None:
        raise UntranslatableError("Its unit is not known.")
    seconds = float(str(given.get("timeout", 5))) * factor
    return Made("control.delay", {"seconds": seconds}, after=(around.before,))


def _debug(piece: Piece, around: Surroundings) -> Made:
    complete = str(piece.config.get("complete", "payload"))
    name = "payload" if complete in ("false", "true", "") else complete
    value = typed_value(name, str(piece.config.get("targetType") or "msg").replace("full", "msg"), around.before)
    return Made("log.message", {"message": f"{piece.name}: {{{{ {value} }}}}"}, after=(around.before,))


def _split(piece: Piece, around: Surroundings) -> Made:
    if not around.is_clean_loop:
        raise UntranslatableError("What it repeats cannot be told from what follows it.")
    if piece.config.get("splt", "\\n") != "\\n" or piece.config.get("arraySplt", 1) != 1:
        around.note(piece, "approximate", "It split texts, or several elements at a time; here it goes through a list.")
    items = read_property(str(piece.config.get("property") or "payload"), around.before)
    inside = around.before.with_field(["payload"], Scope("item"))
    return Made("control.forEach", {"items": f"{{{{ {items} }}}}"}, ("out",), (inside, UNKNOWN))


def _pass(piece: Piece, around: Surroundings) -> Made:  # noqa: ARG001 - one signature for all
    return Made("control.join", {"mode": "all"}, after=(around.before,))


_MAKERS: Mapping[str, Callable[[Piece, Surroundings], Made]] = {
    "change": _change,
    "switch": _switch,
    "http request": _request,
    "delay": _delay,
    "debug": _debug,
    "split": _split,
    "link in": _pass,
    "link out": _pass,
    "junction": _pass,
}
