"""What runners are doing, asked of the scheduler."""

from collections.abc import Mapping, Sequence
from datetime import UTC

import grpc.aio
import structlog

from exekra.scheduler.v1 import dispatch_service_pb2 as pb
from exekra.scheduler.v1 import dispatch_service_pb2_grpc
from services.kit.errors import DomainError
from services.kit.rpc_client import call
from services.kit.translation import is_outage
from services.registry.model import Load, Pause

log = structlog.get_logger()

SECONDS = 2.0


class Loads:
    """Asks each time: a load is old after milliseconds."""

    def __init__(self, scheduler: grpc.aio.Channel) -> None:
        self._stub = dispatch_service_pb2_grpc.DispatchServiceStub(scheduler)

    async def of(self, runner_ids: Sequence[str] = ()) -> Mapping[str, Load]:
        """By runner id; of all runners when none is named. Raises UNAVAILABLE while the scheduler is away."""
        request = pb.ListRunnerLoadRequest(runner_ids=runner_ids)
        response = await call(self._stub.ListRunnerLoad, request, caller="registry", seconds=SECONDS)
        return {item.runner_id: _load(item) for item in response.items}

    async def of_if_known(self, runner_ids: Sequence[str] = ()) -> Mapping[str, Load]:
        """As `of`, but empty while the scheduler is away: a list of runners must not fail for it."""
        try:
            return await self.of(runner_ids)
        except DomainError as error:
            if not is_outage(error):
                raise
            log.warning("loads of runners are not known", error=str(error))
            return {}


def _load(item: pb.RunnerLoad) -> Load:
    pause = Pause(item.pause.since.ToDatetime(UTC), item.pause.by) if item.HasField("pause") else None
    return Load(item.free if item.poll_open else 0, tuple(item.execution_ids), item.poll_open, pause)
