"""What the engine is told to run: inputs, what is known of nodes before they run, and where to pause."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from runner.engine.plan import Plan
from runner.workflow.documents import Json

Shown = Literal["reused", "completed"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a node of the top level did before: it is taken as done.

    `shown_output` is what is told of a large output instead of the output itself: the reference it has already.
    `variables` are what it wrote; they are told again, and taken from the request's own. `status` is how it is shown:
    `completed` for a wait that was decided since.
    """

    output: Json = None
    port: str | None = "out"
    input: Json = None
    shown_output: Json = None
    variables: Json = None
    status: Shown = "reused"


@dataclass(frozen=True, slots=True)
class DebugOptions:
    """Where to pause: before the nodes in `breakpoints`, before `run_to` once, or before the first (`paused`)."""

    breakpoints: frozenset[str] = frozenset()
    run_to: str | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class CalledWorkflow:
    """A workflow that this one may call, as it was when the execution was accepted."""

    workflow_id: str
    version: int
    plan: Plan


CallKey = tuple[str, int]
"""Workflow id and version as a node names them; 0 for the published one."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One attempt at one execution.

    `variables` replace initial values. `deadline_at` is aware UTC.
    Nodes of the top level in `recorded` are taken as done, without running. `pins` stand for the outputs of nodes at
    any depth, also without running. `remaining_seconds` are what is left of delays that began in an earlier attempt.
    """

    execution_id: str
    workdir: Path
    workflow_id: str = ""
    attempt: int = 1
    inputs: Mapping[str, Json] = field(default_factory=dict)
    variables: Mapping[str, Json] = field(default_factory=dict)
    globals: Mapping[str, Json] = field(default_factory=dict)
    """Variables of the installation, as they were when the execution began; called workflows see them too."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Further facts that expressions see under `execution`, beside `id` and `attempt`."""
    deadline_at: datetime | None = None
    recorded: Mapping[str, Recorded] = field(default_factory=dict)
    pins: Mapping[str, Json] = field(default_factory=dict)
    remaining_seconds: Mapping[str, float] = field(default_factory=dict)
    calls: Mapping[CallKey, CalledWorkflow] = field(default_factory=dict)
    debug: DebugOptions | None = None
