"""Who has to hear of a change that was committed: connected runners here, the scheduler by its loop, the licence."""

import asyncio

from exekra.registry.v1 import runner_service_pb2 as pb
from services.registry.errors import credentials_invalid, runner_disabled, stale_session
from services.registry.model import Runner
from services.registry.streams import Directory


class Notices:
    """Called after the commit. A notice that is lost with the process is made up for by the loops."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self.to_scheduler = asyncio.Event()
        """Set when the scheduler has to be told something."""
        self.to_licence = asyncio.Event()
        """Set when a seat may go back."""

    def changed(self) -> None:
        """A runner was registered."""
        self.to_scheduler.set()

    def updated(self, before: Runner, after: Runner) -> None:
        """Disabled runners are cut off, drains told; other slots are learnt by a new session."""
        self.to_scheduler.set()
        session = self._directory.current(after.id)
        if session is None:
            return
        if not after.enabled:
            session.end(runner_disabled())
        elif before.slots != after.slots:
            session.end(stale_session())
        elif session.draining != after.draining:
            session.draining = after.draining
            session.heartbeat.send(pb.HeartbeatResponse(drain=pb.Drain(draining=after.draining)))

    def deleted(self, runner_id: str) -> None:
        """The runner is gone."""
        self.to_scheduler.set()
        self.to_licence.set()
        self.secret_replaced(runner_id)

    def secret_replaced(self, runner_id: str) -> None:
        """Whoever is connected with the old secret is not any more."""
        session = self._directory.current(runner_id)
        if session is not None:
            session.end(credentials_invalid())
