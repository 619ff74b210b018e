"""A zip for whoever helps: checks, state, settings, the agent's own last messages, versions. No secrets, no contents.

What executions said, read or wrote stays out: their logs and pictures belong to the company, not to its helper desk.
"""

import asyncio
import io
import json
import os
import platform
import stat
import zipfile
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from runner.agent.doctor import Finding
from runner.agent.identity import VERSION
from runner.agent.settings import PREFIX, RunnerSettings

KEPT_MESSAGES = 2_000
MASK = "(hidden)"
SECRET_WORDS = ("SECRET", "PASSWORD", "TOKEN", "KEY", "CREDENTIAL")
README = """Diagnostics of an Exekra runner.

checks.json     what `exekra-runner doctor` finds
state.json      what the runner's page shows; of executions no logs, pictures, inputs, outputs or messages of failures
settings.json   EXEKRA_* names of the environment and what they come to, secrets hidden
messages.jsonl  the agent's own last messages since it started
versions.json   of the runner, Python, the system and installed packages
folder.json     how large the files in the runner's home are, by kind
"""


class Messages:
    """The agent's own last messages; a processor of structlog."""

    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT_MESSAGES)

    def __call__(self, _logger: Any, _method: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep a message and pass it on."""
        self._kept.append(dict(event))
        return event

    def lines(self) -> str:
        """JSON lines, oldest first."""
        return "".join(json.dumps(message, default=str) + "\n" for message in list(self._kept))


class Diagnostics:
    """`secrets` are texts that must stand nowhere in the zip, whatever they came in."""

    def __init__(self, settings: RunnerSettings, messages: Messages, secrets: Iterable[str]) -> None:
        self._settings = settings
        self._messages = messages
        self._secrets = tuple(secret for secret in secrets if secret)

    async def pack(self, findings: Sequence[Finding], state: Mapping[str, Any]) -> bytes:
        """The zip."""
        return await asyncio.to_thread(self._pack, findings, state)

    def _pack(self, findings: Sequence[Finding], state: Mapping[str, Any]) -> bytes:
        files = {
            "README.txt": README,
            "checks.json": _json([finding.as_json() for finding in findings]),
            "state.json": _json(_without_contents(state)),
            "settings.json": _json(self._described_settings()),
            "messages.jsonl": self._messages.lines(),
            "versions.json": _json(_versions()),
            "folder.json": _json(self._folder()),
        }
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, self._without_secrets(text))
        return packed.getvalue()

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def _described_settings(self) -> dict[str, Any]:
        environment = {
            name: MASK if any(word in name for word in SECRET_WORDS) else value
            for name, value in sorted(os.environ.items())
            if name.startswith("EXEKRA_")
        }
        effective = self._settings.model_dump(mode="json", exclude={"machine_key", "machine_secret"})
        return {"environment": environment, "effective": effective, "prefix": PREFIX}

    def _folder(self) -> dict[str, Any]:
        counts: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        home = self._settings.home
        for path in home.rglob("*"):
            try:
                facts = path.lstat()
            except FileNotFoundError:
                continue
            if stat.S_ISREG(facts.st_mode):
                kind = path.relative_to(home).parts[0]
                counts[kind] += 1
                sizes[kind] += facts.st_size
        return {key: {"files": counts[key], "bytes": sizes[key]} for key in sorted(counts)}


def _without_contents(state: Mapping[str, Any]) -> dict[str, Any]:
    recent = [
        {**run, "failure": run["failure"] and {"code": run["failure"]["code"], "nodeId": run["failure"]["nodeId"]}}
        for run in state["recent"]
    ]
    return {**state, "recent": recent}


def _versions() -> dict[str, Any]:
    packages = {each.name: each.version for each in metadata.distributions()}
    return {
        "runner": VERSION,
        "python": platform.python_version(),
        "system": platform.platform(),
        "at": datetime.now(UTC).isoformat(),
        "packages": dict(sorted(packages.items())),
    }


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)
