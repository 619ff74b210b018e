"""Draws the node runs of an execution as text: one line each, with a bar that shows when it ran."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

BAR: Final = 40
_SIGNS: Final = {"completed": "█", "failed": "▓", "retried": "░", "stopped": "▒", "running": "·"}


def draw_timeline(runs: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """Lines for node runs as `GET /executions/{id}/nodes` answers them; `names` are by node id."""
    timed = [(run, _instant(run["startedAt"])) for run in runs if run["startedAt"]]
    if not timed:
        return ["(no node has run)"]
    timed.sort(key=lambda entry: (entry[1], entry[0]["seq"]))
    zero = min(began for _, began in timed)
    ends = [_instant(run["completedAt"]) if run["completedAt"] else began for run, began in timed]
    whole = max((max(ends) - zero).total_seconds(), 1e-6)
    lines = []
    for (run, began), ended in zip(timed, ends, strict=True):
        start, length = (began - zero).total_seconds(), (ended - began).total_seconds()
        left = min(int(start / whole * BAR), BAR - 1)
        width = min(max(round(length / whole * BAR), 1), BAR - left)
        bar = " " * left + _SIGNS.get(run["status"], "?") * width
        label = "  " * len(run["path"]) + names.get(run["nodeId"], run["nodeId"]) + _turn(run["path"])
        status = run["status"] if run["tryNumber"] == 1 else f"{run['status']}, try {run['tryNumber']}"
        lines.append((label, status, f"{start * 1000:.0f}", f"{length * 1000:.0f}", bar))
    return _aligned([("node", "status", "at ms", "took ms", ""), *lines])


def graph_names(level: Mapping[str, Any]) -> dict[str, str]:
    """Node id → name for a graph and all containers in it."""
    names: dict[str, str] = {}
    for node in level["nodes"]:
        names[node["id"]] = node.get("name") or node["id"]
        for container in ("body", "catch", "finally"):
            if container in node:
                names |= graph_names(node[container])
    return names


def _turn(path: Iterable[Mapping[str, Any]]) -> str:
    turns = [str(step["index"] + 1) for step in path]
    return f" #{'.'.join(turns)}" if turns else ""


def _aligned(lines: Sequence[tuple[str, str, str, str, str]]) -> list[str]:
    label, status, start, length = (max(len(line[column]) for line in lines) for column in range(4))
    return [f"{a:<{label}}  {b:<{status}}  {c:>{start}}  {d:>{length}}  {bar}".rstrip() for a, b, c, d, bar in lines]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
