"""Heartbeats on their way to the database: collected in memory, written in one statement every few seconds.

The same statement answers what administrators changed meanwhile, so that every heartbeat re-checks its runner.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from exekra.registry.v1 import runner_service_pb2 as pb
from services.kit.clock import Clock
from services.registry import repository
from services.registry.errors import credentials_invalid, runner_disabled
from services.registry.model import Metrics, Runner
from services.registry.streams import Directory

if TYPE_CHECKING:
    from services.kit.postgres import Pool


class PresenceBuffer:
    """The latest heartbeat of each runner since the last flush."""

    def __init__(self, pool: "Pool", directory: Directory, clock: Clock) -> None:
        self._pool = pool
        self._directory = directory
        self._clock = clock
        self._beats: dict[str, tuple[datetime, Metrics | None]] = {}
        self._gone: dict[str, datetime] = {}

    def beat(self, runner_id: str, metrics: Metrics | None) -> None:
        """A heartbeat came in."""
        _, earlier = self._beats.get(runner_id, (None, None))
        self._beats[runner_id] = (self._clock.now(), metrics or earlier)

    def gone(self, runner_id: str) -> None:
        """The runner said goodbye."""
        self._gone[runner_id] = self._clock.now()

    async def flush(self) -> None:
        """Writes what came in, and ends the sessions of runners that may not go on. Raises while Postgres is away;
        then nothing is lost."""
        beats, self._beats = self._beats, {}
        gone, self._gone = self._gone, {}
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                runners = (
                    await repository.write_beats(connection, [(id_, *beat) for id_, beat in sorted(beats.items())])
                    if beats
                    else []
                )
                if gone:
                    await connection.execute(repository.MARK_GONE, list(gone), list(gone.values()))
        except BaseException:
            self._beats = beats | self._beats
            self._gone = gone | self._gone
            raise
        for runner in runners:
            self._enforce(runner)

    def _enforce(self, runner: Runner) -> None:
        session = self._directory.current(runner.id)
        if session is None:
            return
        if not runner.enabled:
            session.end(runner_disabled())
        elif runner.secret_version != session.secret_version:
            session.end(credentials_invalid())
        elif runner.draining != session.draining:
            session.draining = runner.draining
            session.heartbeat.send(pb.HeartbeatResponse(drain=pb.Drain(draining=runner.draining)))
