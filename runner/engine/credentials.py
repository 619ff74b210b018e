"""Credentials in the hands of one execution: asked for right before a node needs them, held in memory alone.

Owns the key they are sealed to, how long a value is held, and where it may go. The Hub decides who gets one.
"""

import asyncio
import base64
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from runner.engine.events import Sink
from runner.engine.masking import Masker
from runner.engine.scopes import NodeRun
from runner.nodes.base import NodeFailure
from runner.workflow.documents import Json
from runner.workflow.evaluation import MissingError, Namespace
from runner.workflow.release import Released, ReleaseError, ReleaseKey

RELEASE = "credentials.release"
"""The question that the agent takes to the Hub."""
HOLD_SECONDS = 300.0
"""A replaced value reaches long executions after so long; until then one question does for every node and turn."""

Needs = Mapping[str, bool]
"""The credentials that a config names, and whether it cannot do without."""


class Credentials(Namespace):
    """`credentials` in expressions; one for all nodes of an execution and of the workflows it calls."""

    def __init__(self, sink: Sink, execution_id: str, masker: Masker) -> None:
        self._sink = sink
        self._execution_id = execution_id
        self._masker = masker
        self._key: ReleaseKey | None = None
        self._held: dict[str, tuple[Released, float]] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def fetch(self, run: NodeRun, needs: Needs) -> None:
        """Have these at hand for `lookup`. Raises NodeFailure when one that is needed is refused."""
        for name, needed in needs.items():
            async with self._asking.setdefault(name, asyncio.Lock()):
                held = self._held.get(name)
                if held is not None and monotonic() - held[1] < HOLD_SECONDS:
                    continue
                try:
                    self._held[name] = (await self._ask(run, name), monotonic())
                except NodeFailure as failure:
                    if failure.retryable and held is not None:
                        continue  # The Hub is away: what this execution holds is no worse for it.
                    self._held.pop(name, None)
                    if needed or failure.retryable:
                        raise

    def lookup(self, key: str) -> Json:
        """The fields of a credential. Raises MissingError when this execution has none of that name."""
        held = self._held.get(key)
        if held is None:
            raise MissingError(f"There is no credential {key!r} for this place in the workflow.")
        return dict(held[0].fields)

    def check_hosts(self, needs: Needs, destinations: Iterable[str]) -> None:
        """Raise NodeFailure CREDENTIAL_HOST when a credential would go where it may not.

        `destinations` are hosts or addresses; none: nobody can tell where the node sends what it gets.
        """
        for name in needs:
            held = self._held.get(name)
            if held is None or not held[0].hosts:
                continue
            hosts = [_host(destination) for destination in destinations]
            wrong = next((host for host in hosts if not _is_among(host, held[0].hosts)), None)
            if hosts and wrong is None:
                continue
            limit = ", ".join(held[0].hosts)
            where = f"not to {wrong or 'nowhere'}" if hosts else "and this node does not say where it sends it"
            message = (
                f"The credential {name!r} may go to {limit} alone, {where}. Correct the address, or change the hosts "
                "of the credential in the vault."
            )
            raise NodeFailure("CREDENTIAL_HOST", message)

    async def _ask(self, run: NodeRun, name: str) -> Released:
        if self._key is None:
            self._key = ReleaseKey()
        body: Json = {"name": name, "publicKey": base64.b64encode(self._key.public).decode()}
        answer: Any = await self._sink.ask(RELEASE, run.id, run.path, body)
        try:
            released = self._key.open(base64.b64decode(answer["sealed"]), self._execution_id, name)
        except ReleaseError as error:
            raise NodeFailure("CREDENTIAL_UNREADABLE", str(error)) from None
        # Before anything can be told of it.
        self._masker.keep(released.fields.values())
        return released


def _host(destination: str) -> str:
    """`https://user@Example.com:8443/x` → `example.com`; a bare host stays one."""
    try:
        parts = urlsplit(destination if "//" in destination else f"//{destination}")
        return (parts.hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _is_among(host: str, allowed: Iterable[str]) -> bool:
    return any(host == each or (each.startswith("*.") and host.endswith(each[1:])) for each in allowed if host)
