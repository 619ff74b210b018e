"""Small exports of n8n to be translated, and what their translations are asked."""

from typing import Any

from runner.workflow.foreign.model import Translation
from runner.workflow.problems import Problem
from runner.workflow.validation import validate_document
from tests.contract.graphs.world import CATALOGUE, Ran, run

BASE = "n8n-nodes-base."


def n8n(*nodes: dict[str, Any], wires: str = "", **more: Any) -> dict[str, Any]:
    """A workflow; wires as in `A>B If:1>C`. Names have no spaces here."""
    connections: dict[str, Any] = {}
    for wire in wires.split():
        source, _, target = wire.partition(">")
        name, _, output = source.partition(":")
        outputs = connections.setdefault(name, {"main": []})["main"]
        while len(outputs) <= int(output or 0):
            outputs.append([])
        outputs[int(output or 0)].append({"node": target, "type": "main", "index": 0})
    return {"name": "Theirs", "nodes": list(nodes), "connections": connections, "active": False, **more}


def at(
    name: str, kind: str, version: float = 1, /, original: dict[str, Any] | None = None, **parameters: Any
) -> dict[str, Any]:
    node = {"name": name, "type": f"{BASE}{kind}", "typeVersion": version, "position": [100, 200]}
    return {**node, "parameters": parameters, **(original or {})}


def fields(**values: Any) -> dict[str, Any]:
    """The parameters of a Set since version 3.3."""
    kinds = {bool: "boolean", int: "number", str: "string", list: "array", dict: "object"}
    return {
        "assignments": {
            "assignments": [
                {"id": name, "name": name, "type": kinds[type(value)], "value": value} for name, value in values.items()
            ]
        }
    }


def compare(left: Any, operation: str, right: Any = "", kind: str = "string") -> dict[str, Any]:
    """Conditions of an If since version 2."""
    condition = {"leftValue": left, "rightValue": right, "operator": {"type": kind, "operation": operation}}
    return {"conditions": {"options": {"caseSensitive": True}, "conditions": [condition], "combinator": "and"}}


HOOK = at("Hook", "webhook", 2, httpMethod="POST", path="orders")


def errors(translation: Translation) -> list[Problem]:
    _, problems = validate_document(translation.graph, CATALOGUE)
    return [problem for problem in problems if problem.severity == "error"]


def told(translation: Translation, kind: str) -> dict[str, str]:
    return {note.node: note.message for note in translation.notes if note.kind == kind}


async def outcome(translation: Translation, output: str, **inputs: Any) -> tuple[Ran, Any]:
    """What a run gives; `output` is an expression without braces."""
    assert errors(translation) == []
    ran = await run({**translation.graph, "output": f"{{{{ {output} }}}}"}, inputs=inputs)
    return ran, ran.outcome.output
