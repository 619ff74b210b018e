"""What a person is shown of the demo's execution: its timeline, its log, its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.demo.timeline import draw_timeline


@dataclass(frozen=True)
class Evidence:
    """An execution as the Hub answers it by REST, with its node runs and log lines."""

    execution: Mapping[str, Any]
    runs: Sequence[Mapping[str, Any]]
    lines: Sequence[Mapping[str, Any]]

    @property
    def completed(self) -> bool:
        """Whether it ended well."""
        return bool(self.execution["status"] == "COMPLETED")


def report(evidence: Evidence, names: Mapping[str, str], url: str) -> list[str]:
    """Lines to print; `names` are those of the nodes by id, `url` is the Hub's."""
    execution = evidence.execution
    return [
        "",
        *draw_timeline(evidence.runs, names),
        "",
        *(f"{line['level']:>8}  {line['message']}" for line in evidence.lines),
        "",
        *(_regions(execution["output"]) if evidence.completed else [_reason(execution)]),
        "",
        _cost(execution),
        f"{url}/executions/{execution['id']}",
        "",
    ]


def _regions(output: Mapping[str, Any]) -> list[str]:
    return [
        f"{row['region']:<12} {row['airports']:>5} airports, {row['southernmost']:6.2f}° to {row['northernmost']:5.2f}°"
        for row in output["regions"]
    ]


def _reason(execution: Mapping[str, Any]) -> str:
    return f"{execution['status']}: {execution['failure'] or execution['pendingReasons']}"


def _cost(execution: Mapping[str, Any]) -> str:
    place = f"version {execution['version']} on {execution['runnerName']}, attempt {execution['attempt']}"
    metrics = execution["metrics"]
    if metrics is None:
        return place
    return f"{place}, CPU {metrics['cpuAvg']:.0f} % on average, memory {metrics['memoryPeak'] / 2**20:.0f} MiB at most"
