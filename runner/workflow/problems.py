"""What is wrong with a graph: problems that name the node and the place, collected rather than raised one by one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `pointer` is a JSON pointer into the graph; a warning does not stop publishing."""

    node_id: str | None
    pointer: str
    message: str
    severity: Severity = "error"

    def as_json(self) -> dict[str, Any]:
        """The problem in the contract's shape, with its severity."""
        return {
            "nodeId": self.node_id,
            "pointer": self.pointer,
            "message": self.message,
            "severity": self.severity,
        }


class InvalidGraphError(Exception):
    """The graph cannot be read or run; `problems` says why."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(f"{problem.pointer or '/'}: {problem.message}" for problem in self.problems[:5])
        super().__init__(f"{len(self.problems)} problems in the graph: {shown}")


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether a graph with these problems must not be published or run."""
    return any(problem.severity == "error" for problem in problems)
