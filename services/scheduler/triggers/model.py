"""Triggers as plain data: what schedules and webhooks have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.scheduler.workflows.model import Creator


class Kind(StrEnum):
    """What makes a trigger fire."""

    SCHEDULE = "SCHEDULE"
    WEBHOOK = "WEBHOOK"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts executions of one workflow. `inputs` is a JSON object; seconds are floats, 0 the workflow's own.

    `breaker` is CLOSED, OPEN or PROBING (services/scheduler/outcomes owns it).
    """

    id: str
    kind: Kind
    workflow_id: str
    workflow_name: str
    name: str
    enabled: bool
    inputs: bytes
    priority: int
    labels: Sequence[str]
    dedupe_key: str
    timeout_seconds: float
    queue_timeout_seconds: float
    breaker: str
    revision: int
    created_at: datetime
    updated_at: datetime
    creator: Creator

    @property
    def etag(self) -> str:
        """Changes with every change by a person."""
        return f"{self.id}.{self.revision}"


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did to the details of a trigger: members as the API names them, without secrets."""

    before: Mapping[str, object]
    after: Mapping[str, object]
