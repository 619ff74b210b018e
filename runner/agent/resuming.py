"""Reads what is known of an execution from earlier attempts: the document of GetContinuation, with its large outputs.

Owns the form of that document on this side. It lies in a folder of the attempt as `continuation.json`; what stands in
it as `{"spilled": artifact}` lies in the folder of artifacts beside that one, under the artifact's id.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.engine.request import DebugOptions, Recorded
from runner.workflow.documents import Json

FILE = "continuation.json"
ARTIFACTS = "artifacts"


@dataclass(frozen=True, slots=True)
class Known:
    """What the engine is told beside graph and inputs."""

    recorded: Mapping[str, Recorded] = field(default_factory=dict)
    variables: Mapping[str, Json] = field(default_factory=dict)
    remaining_seconds: Mapping[str, float] = field(default_factory=dict)
    debug: DebugOptions | None = None
    globals: Mapping[str, Json] = field(default_factory=dict)


def read_known(folder: Path) -> Known:
    """What lies in the folder. Large outputs are read whole."""
    place = folder.parent / ARTIFACTS
    document = json.loads((folder / FILE).read_bytes())
    variables: dict[str, Json] = {}
    for part in document.get("variables", ()):
        variables.update(_whole(part, place))
    return Known(
        {node_id: _recorded(entry, place) for node_id, entry in document.get("recorded", {}).items()},
        variables,
        document.get("remainingSeconds", {}),
        _debug(document.get("debug")),
        document.get("globals", {}),
    )


def spilled_artifacts(document: Mapping[str, Any]) -> Iterator[str]:
    """The ids of the artifacts that have to lie beside the document."""
    parts = [entry.get("output") for entry in document.get("recorded", {}).values()]
    for part in [*parts, *document.get("variables", ())]:
        artifact_id = spilled_id(part)
        if artifact_id is not None:
            yield artifact_id


def spilled_id(value: Any) -> str | None:
    """The artifact that a value stands for; None for an ordinary value."""
    reference = value.get("spilled") if isinstance(value, dict) and len(value) == 1 else None
    if isinstance(reference, dict) and isinstance(reference.get("artifactId"), str) and "sha256" in reference:
        return str(reference["artifactId"])
    return None


def _recorded(entry: Mapping[str, Any], place: Path) -> Recorded:
    output = entry.get("output")
    return Recorded(
        output=_whole(output, place),
        port=entry.get("port"),
        input=entry.get("input"),
        shown_output=output if spilled_id(output) else None,
        variables=entry.get("variables"),
        status="completed" if entry.get("decided") else "reused",
    )


def _whole(value: Any, place: Path) -> Any:
    artifact_id = spilled_id(value)
    return value if artifact_id is None else json.loads((place / artifact_id).read_bytes())


def _debug(document: Mapping[str, Any] | None) -> DebugOptions | None:
    if document is None:
        return None
    return DebugOptions(
        frozenset(document.get("breakpoints", ())), document.get("runTo") or None, bool(document.get("paused"))
    )
