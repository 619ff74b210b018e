"""Judges a request for an execution by itself, before anything is read: shapes, limits, permissions."""

from typing import TYPE_CHECKING

from services.kit.errors import DomainError, FieldError, Kind, invalid
from services.kit.identity import Principal
from services.kit.ids import is_id
from services.scheduler.executions.inputs import check_limits
from services.scheduler.executions.model import Mode

if TYPE_CHECKING:
    from services.scheduler.executions.use_cases import Submission


def check_submission(wanted: "Submission", principal: Principal) -> None:
    """Raises INVALID with the fields that are wrong, or PERMISSION_MISSING."""
    check_limits(
        priority=wanted.priority,
        timeout_seconds=wanted.timeout_seconds,
        queue_timeout_seconds=wanted.queue_timeout_seconds,
        dedupe_key=wanted.dedupe_key,
        not_before=wanted.not_before,
    )
    if not is_id(wanted.workflow_id):
        raise invalid("The workflow's id is no id.", FieldError("/workflowId", "Give the id of a workflow."))
    if wanted.runner_id is not None and not is_id(wanted.runner_id):
        raise invalid("The runner's id is no id.", FieldError("/runnerId", "Give the id of a runner."))
    if wanted.mode is Mode.INTERACTIVE and wanted.runner_id is None:
        raise invalid(
            "An interactive execution needs a runner.",
            FieldError("/runnerId", "Name a connected runner; you have none of your own."),
        )
    if wanted.mode is Mode.INTERACTIVE and wanted.not_before is not None:
        raise invalid(
            "An interactive execution begins at once.", FieldError("/notBefore", "Leave it out, or schedule it.")
        )
    if wanted.debug is not None and wanted.mode is not Mode.INTERACTIVE:
        raise invalid(
            "Only an interactive execution is debugged.",
            FieldError("/debug", "Leave it out, or give the mode interactive."),
        )
    if wanted.draft and not principal.may("workflow:edit"):
        raise DomainError(Kind.FORBIDDEN, "PERMISSION_MISSING", "Running a draft needs the permission workflow:edit.")
