"""What the scripted Hub answers, and the ids in it."""

from collections.abc import Callable
from typing import Any

from tests.unit.cli.conftest import Ran

Exekra = Callable[..., Ran]
WORKFLOW_ID = "019a0000-0000-7000-8000-000000000001"
EXECUTION_ID = "019a0000-0000-7000-8000-000000000002"
RUNNER_ID = "019a0000-0000-7000-8000-000000000003"
WORKFLOW = {
    "id": WORKFLOW_ID,
    "name": "Invoices",
    "description": "",
    "tags": ["finance"],
    "draftVersion": 2,
    "publishedVersion": 1,
    "updatedAt": "2026-03-01T12:00:00.123456Z",
}
EXECUTION: dict[str, Any] = {
    "id": EXECUTION_ID,
    "workflow": {"id": WORKFLOW_ID, "name": "Invoices"},
    "version": 1,
    "status": "COMPLETED",
    "createdAt": "2026-03-01T12:00:00Z",
    "output": {"total": 42},
    "failure": None,
}


def page(*items: object, cursor: str | None = None) -> dict[str, object]:
    return {"items": list(items), "nextCursor": cursor}


def execution(status: str, **more: object) -> dict[str, object]:
    return {"execution": {**EXECUTION, "status": status, **more}}
