"""The last executions on this machine with what they said, for the person who owns it; the Hub has the whole record.

Owns the folder in which they survive a restart. Bounded in every direction, and nothing waits for it: what a killed
agent had not saved is missing here and nowhere else.
"""

import json
import os
import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runner.agent.model import Finish, Offer, StoredFile, dump_json
from runner.engine.plan import Plan

KEPT_RUNS = 20
KEPT_LOG_BYTES = 200 * 1024
DROPPED_LOG_BYTES = 50 * 1024
"""So much of the oldest lines goes at a time."""
KEPT_PICTURES = 20
PICTURE_BYTES = 5 * 1024 * 1024
PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/webp"})
"""What a browser shows without running anything; an SVG could."""

RUNNING = "running"
INTERRUPTED = "interrupted"
"""The agent ended in its middle, or stopped it unheard: the Hub decides what becomes of it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot an execution kept; `id` names its file."""

    id: str
    name: str
    media_type: str
    node_id: str


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One execution (one attempt of it) as a list shows it."""

    attempt_id: str
    execution_id: str
    workflow: str
    version: int
    draft: bool
    began_at: str
    ended_at: str | None = None
    status: str = RUNNING
    failure: Mapping[str, str] | None = None
    """`{code, message, nodeId}`"""
    stopped_by: str = ""
    lines_dropped: int = 0
    """Earlier lines that are not kept here."""
    pictures: tuple[Picture, ...] = ()


@dataclass(slots=True)
class Run:
    """An execution with its last log lines, each as JSON."""

    facts: RunFacts
    lines: deque[bytes] = field(default_factory=deque)
    line_bytes: int = 0
    saved: bool = False
    plan: Plan | None = None
    """What it carries out, while it runs."""

    def say(self, item: bytes) -> None:
        """Keep a line, and let go of the oldest when there are too many: of many at once, for they come in floods."""
        self.lines.append(item)
        self.line_bytes += len(item)
        self.saved = False
        if self.line_bytes <= KEPT_LOG_BYTES:
            return
        dropped = 0
        while self.line_bytes > KEPT_LOG_BYTES - DROPPED_LOG_BYTES and len(self.lines) > 1:
            self.line_bytes -= len(self.lines.popleft())
            dropped += 1
        self.facts = replace(self.facts, lines_dropped=self.facts.lines_dropped + dropped)

    def update(self, **changes: Any) -> None:
        """Change what is known of it."""
        self.facts = replace(self.facts, **changes)
        self.saved = False


class RecentRuns:
    """The newest `KEPT_RUNS`, newest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._runs: deque[Run] = deque(maxlen=KEPT_RUNS)
        for run in _read_all(folder):
            self._runs.append(run)

    def __iter__(self) -> Iterator[Run]:
        return reversed(self._runs)

    def get(self, attempt_id: str) -> Run | None:
        """The run, or None when it is not among the last ones."""
        return next((run for run in self._runs if run.facts.attempt_id == attempt_id), None)

    def begin(self, offer: Offer, plan: Plan | None = None) -> Run:
        """An attempt begins here."""
        workflow = json.loads(offer.context_json or b"{}").get("workflow") or {}
        run = Run(
            RunFacts(
                offer.attempt_id,
                offer.execution_id,
                workflow.get("name") or "Workflow",
                offer.version,
                offer.draft,
                _now(),
            ),
            plan=plan,
        )
        self._runs.append(run)
        return run

    def end(self, attempt_id: str, finish: Finish | None) -> None:
        """It ended; without a result, the Hub decides what it was."""
        run = self.get(attempt_id)
        if run is not None:
            run.update(**_ending(finish))
            run.plan = None

    def interrupted(self, finishes: Mapping[str, Finish]) -> None:
        """What an earlier agent left running has ended; `finishes` are results that it still wrote."""
        for run in self._runs:
            if run.facts.status == RUNNING:
                run.update(**_ending(finishes.get(run.facts.attempt_id)))

    def keep_picture(self, run: Run, file: StoredFile) -> None:
        """Keep a picture beside the log, as long as that costs no space worth mentioning."""
        if file.media_type not in PICTURE_TYPES or file.size > PICTURE_BYTES:
            return
        folder = self._folder / run.facts.attempt_id
        folder.mkdir(mode=0o700, exist_ok=True)
        with suppress(OSError):  # no disk for it: the Hub gets the picture all the same
            _link(Path(file.path), folder / file.id)
            kept = (*run.facts.pictures, Picture(file.id, file.name, file.media_type, file.node_id))
            run.update(pictures=kept[-KEPT_PICTURES:])

    def picture_path(self, run: Run, picture: Picture) -> Path:
        """Where a kept picture is."""
        return self._folder / run.facts.attempt_id / picture.id

    def unsaved(self) -> "Snapshot":
        """What must be written now; to be taken on the event loop and saved in a thread."""
        changed = {run.facts.attempt_id: _as_bytes(run) for run in self._runs if not run.saved}
        for run in self._runs:
            run.saved = True
        pictures = {run.facts.attempt_id: {picture.id for picture in run.facts.pictures} for run in self._runs}
        return Snapshot(self._folder, changed, pictures)

    def save_again(self, snapshot: "Snapshot") -> None:
        """The snapshot could not be saved."""
        for run in self._runs:
            if run.facts.attempt_id in snapshot.changed:
                run.saved = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Runs to write, and what may stay of the rest: picture ids by attempt."""

    folder: Path
    changed: Mapping[str, bytes]
    kept: Mapping[str, set[str]]

    def save(self) -> None:
        """Write what changed, remove what is no longer kept. Raises OSError."""
        for attempt_id, content in self.changed.items():
            fresh = self.folder / f"{attempt_id}.new"
            fresh.write_bytes(content)
            fresh.chmod(0o600)
            fresh.replace(self.folder / f"{attempt_id}.json")
        for path in self.folder.iterdir():
            if path.stem not in self.kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            elif path.is_dir():
                for picture in path.iterdir():
                    if picture.name not in self.kept[path.name]:
                        picture.unlink(missing_ok=True)


def _ending(finish: Finish | None) -> dict[str, Any]:
    if finish is None:
        return {"status": INTERRUPTED, "ended_at": _now()}
    failure = finish.failure
    return {
        "status": finish.status,
        "ended_at": finish.finished_at.isoformat(),
        "failure": failure and {"code": failure.code, "message": failure.message, "nodeId": failure.node_id or ""},
        "stopped_by": finish.stopped_by,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)


def _as_bytes(run: Run) -> bytes:
    return b'{"facts":' + dump_json(asdict(run.facts)) + b',"lines":[' + b",".join(run.lines) + b"]}"


def _read_all(folder: Path) -> list[Run]:
    runs = []
    for path in folder.glob("*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):  # a file of another version, or cut off: left out
            document = json.loads(path.read_bytes())
            facts = document["facts"]
            pictures = tuple(Picture(**picture) for picture in facts.pop("pictures"))
            run = Run(RunFacts(**facts, pictures=pictures), saved=True)
            run.lines.extend(dump_json(line) for line in document["lines"])
            run.line_bytes = sum(map(len, run.lines))
            runs.append(run)
    return sorted(runs, key=lambda run: run.facts.began_at)
