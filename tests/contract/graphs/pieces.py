"""Control nodes that graphs of the model's semantics are put together from."""

from typing import Any

from tests.contract.graphs.world import level, node

IF = node("i", "control.if", {"condition": "{{ inputs.x > 1 }}"})
SWITCH = node(
    "w",
    "control.switch",
    {
        "value": "{{ inputs.x }}",
        "cases": [{"value": 1, "port": "one"}, {"value": 1, "port": "again"}, {"value": "{{ 1 + 1 }}", "port": "two"}],
    },
)
JOIN_ANY = node("j", "control.join", {"mode": "any"})


def each(items: Any, nodes: list[dict[str, Any]], edges: str = "", node_id: str = "l", **config: Any) -> dict[str, Any]:
    return node(node_id, "control.forEach", {"items": items, **config}, body=level(nodes, edges))


def while_(condition: Any, nodes: list[dict[str, Any]], edges: str = "", **config: Any) -> dict[str, Any]:
    return node("w", "control.while", {"condition": condition, **config}, body=level(nodes, edges))


def attempt(body: list[dict[str, Any]], **levels: Any) -> dict[str, Any]:
    more = {name: level(nodes) for name, nodes in levels.items() if isinstance(nodes, list)}
    rest = {name: value for name, value in levels.items() if name not in more}
    return node("t", "control.try", body=level(body), **more, **rest)
