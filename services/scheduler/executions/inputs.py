"""Judges a request before it becomes an execution: inputs against their declarations, numbers against their limits."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from runner.workflow.documents import DocumentError, Json, parse_document
from runner.workflow.graph import Input
from runner.workflow.inputs import complete_inputs
from services.kit.errors import FieldError, invalid
from services.scheduler.executions.errors import inputs_invalid

MAXIMUM_INPUT_BYTES = 2 * 1024 * 1024
"""A webhook's body may have 1 MiB, and becomes longer as base64 or with its strings escaped."""
MAXIMUM_SECONDS = 366 * 86_400.0
MAXIMUM_KEY_LENGTH = 200
DEFAULT_PRIORITY = 50
DEFAULT_QUEUE_TIMEOUT_SECONDS = 86_400.0

_INPUT_REFERENCE = re.compile(r"\{\{\s*inputs((?:\.[A-Za-z_][A-Za-z0-9_]*)+)\s*\}\}")


def read_inputs(data: bytes, declared: Sequence[Input]) -> dict[str, Json]:
    """The inputs with defaults filled in. Raises INPUTS_INVALID naming each field as `/inputs/<name>`."""
    try:
        given = parse_document(data or b"{}", max_bytes=MAXIMUM_INPUT_BYTES)
    except DocumentError as error:
        raise inputs_invalid([FieldError(f"/inputs{error.pointer}", error.message)]) from None
    if not isinstance(given, dict):
        raise inputs_invalid([FieldError("/inputs", "Give a JSON object.")])
    inputs, problems = complete_inputs(declared, given)
    if problems:
        raise inputs_invalid([FieldError(f"/inputs{problem.pointer}", problem.message) for problem in problems])
    return inputs


def dump_inputs(inputs: Mapping[str, Json]) -> bytes:
    """Inputs as they are stored and offered."""
    return json.dumps(inputs, separators=(",", ":"), ensure_ascii=False).encode()


def concurrency_key(template: Json, inputs: Mapping[str, Json]) -> str:
    """The value of a workflow's concurrency key for these inputs; an empty key counts all of its executions together.

    Only references to inputs are replaced: expressions never run in this process. Raises INPUTS_INVALID for a
    reference that leads nowhere.
    """
    if template is None:
        return ""
    if not isinstance(template, str):
        return json.dumps(template, sort_keys=True)

    def replace(match: re.Match[str]) -> str:
        value: Any = inputs
        for name in match[1][1:].split("."):
            if not isinstance(value, Mapping) or name not in value:
                raise inputs_invalid(
                    [FieldError(f"/inputs/{name}", "The workflow's concurrency key needs this input.")]
                )
            value = value[name]
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True)

    return _INPUT_REFERENCE.sub(replace, template)


def check_limits(
    *,
    priority: int,
    timeout_seconds: float,
    queue_timeout_seconds: float,
    dedupe_key: str,
    not_before: datetime | None,
) -> None:
    """Raises INVALID naming every field that is out of its range."""
    fields = []
    if not 1 <= priority <= 100:
        fields.append(FieldError("/priority", "Give a number from 1 to 100."))
    # Written so that NaN fails as well.
    if not 0 <= timeout_seconds <= MAXIMUM_SECONDS:
        fields.append(FieldError("/timeoutSeconds", "Give seconds from 0 (the workflow's own) to a year."))
    if not 0 <= queue_timeout_seconds <= MAXIMUM_SECONDS:
        fields.append(FieldError("/queueTimeoutSeconds", "Give seconds from 0 (for ever) to a year."))
    if len(dedupe_key) > MAXIMUM_KEY_LENGTH or "\x00" in dedupe_key:
        fields.append(FieldError("/dedupeKey", f"Give at most {MAXIMUM_KEY_LENGTH} characters, and not NUL."))
    if not_before is not None and not_before > datetime.now(UTC) + timedelta(seconds=MAXIMUM_SECONDS):
        fields.append(FieldError("/notBefore", "Give a time within a year from now."))
    if fields:
        raise invalid("Some fields are out of their range.", *fields)
