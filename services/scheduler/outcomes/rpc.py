"""OutcomeService over gRPC: messages to models and back."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import outcome_service_pb2 as pb
from exekra.scheduler.v1 import outcome_service_pb2_grpc
from services.kit.errors import FieldError, invalid
from services.kit.ids import is_id
from services.kit.outbox import Outbox
from services.kit.paging import clamp_limit
from services.kit.rpc_server import Registration
from services.scheduler.executions.messages import instant
from services.scheduler.outcomes.control import Control, SettingsChange
from services.scheduler.outcomes.dashboard import read_dashboard
from services.scheduler.outcomes.failures import group_failures
from services.scheduler.outcomes.messages import breaker_message, dashboard_message, group_message, policy_of

if TYPE_CHECKING:
    from services.kit.postgres import Pool

DEFAULT_HOURS = 24
MAX_HOURS = 720
FRESH_SECONDS = 2.0
"""One look at the tables serves everybody's dashboard for so long."""
MAX_RANGE = timedelta(days=92)


class OutcomeServicer(outcome_service_pb2_grpc.OutcomeServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, pool: "Pool", control: Control) -> None:
        self._pool = pool
        self._control = control
        self._looks: dict[int, tuple[float, pb.GetDashboardResponse | None]] = {}
        self._looking = asyncio.Lock()

    async def GetBreaker(self, request: pb.GetBreakerRequest, context: Any) -> pb.GetBreakerResponse:
        return pb.GetBreakerResponse(breaker=breaker_message(await self._control.show(request.trigger_id)))

    async def UpdateBreaker(self, request: pb.UpdateBreakerRequest, context: Any) -> pb.UpdateBreakerResponse:
        change = SettingsChange(
            enabled=request.enabled if request.HasField("enabled") else None,
            threshold=request.threshold if request.HasField("threshold") else None,
            probe_seconds=request.probe_seconds if request.HasField("probe_seconds") else None,
            probe_max_seconds=request.probe_max_seconds if request.HasField("probe_max_seconds") else None,
            release=policy_of(request.release),
            release_max=request.release_max if request.HasField("release_max") else None,
        )
        state = await self._control.change(request.trigger_id, change)
        return pb.UpdateBreakerResponse(breaker=breaker_message(state))

    async def ResumeTrigger(self, request: pb.ResumeTriggerRequest, context: Any) -> pb.ResumeTriggerResponse:
        return pb.ResumeTriggerResponse(breaker=breaker_message(await self._control.resume(request.trigger_id)))

    async def ListFailureGroups(
        self, request: pb.ListFailureGroupsRequest, context: Any
    ) -> pb.ListFailureGroupsResponse:
        limit = clamp_limit(request.limit)
        if request.workflow_id and not is_id(request.workflow_id):
            raise invalid("The workflow's id is no id.", FieldError("/workflowId", "Give the id of a workflow."))
        last = _instant(request, "to") or datetime.now(UTC)
        first = _instant(request, "from") or last - timedelta(hours=DEFAULT_HOURS)
        if not timedelta(0) < last - first <= MAX_RANGE:
            message = f"Give a range of at most {MAX_RANGE.days} days."
            raise invalid(message, FieldError("/from", message))
        async with self._pool.acquire() as connection:
            found = await group_failures(connection, first, last, request.workflow_id or None, limit)
        return pb.ListFailureGroupsResponse(
            items=[group_message(group) for group in found.groups], failures=found.count, is_whole=found.is_whole
        )

    async def GetDashboard(self, request: pb.GetDashboardRequest, context: Any) -> pb.GetDashboardResponse:
        hours = request.hours or DEFAULT_HOURS
        if not 1 <= hours <= MAX_HOURS:
            message = f"Give 1 to {MAX_HOURS} hours."
            raise invalid(message, FieldError("/hours", message))
        async with self._looking:
            at, response = self._looks.get(hours, (-FRESH_SECONDS, None))
            if response is None or time.monotonic() - at > FRESH_SECONDS:
                async with self._pool.acquire() as connection, connection.transaction(readonly=True):
                    response = dashboard_message(await read_dashboard(connection, hours))
                self._looks[hours] = (time.monotonic(), response)
        return response


def _instant(message: Any, field: str) -> datetime | None:
    if not message.HasField(field):
        return None
    at = instant(getattr(message, field))
    if at is None:
        raise invalid("The time is out of range.", FieldError(f"/{field}", "Give a time after 1970."))
    return at


def registration(pool: "Pool", outbox: Outbox) -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        outcome_service_pb2_grpc.add_OutcomeServiceServicer_to_server,
        OutcomeServicer(pool, Control(pool, outbox)),
        pb.DESCRIPTOR.services_by_name["OutcomeService"],
    )
