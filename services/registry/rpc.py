"""RunnerAdminService over gRPC: messages to models and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from exekra.registry.v1 import runner_admin_service_pb2 as pb
from exekra.registry.v1 import (
    runner_admin_service_pb2_grpc,
    runner_pb2,
)
from services.kit.clock import Clock
from services.kit.idempotency import key_of
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.registry.loads import Loads
from services.registry.model import (
    Load,
    Metrics,
    Runner,
    Silence,
    State,
    check_description,
    check_labels,
    check_name,
    check_slots,
    check_text,
    state_of,
)
from services.registry.use_cases import Administration, NewRunner, Registered

_STATES = {
    State.ONLINE: runner_pb2.RUNNER_STATE_ONLINE,
    State.BUSY: runner_pb2.RUNNER_STATE_BUSY,
    State.OFFLINE: runner_pb2.RUNNER_STATE_OFFLINE,
}


class Descriptions:
    """Runners as messages, with their state."""

    def __init__(self, loads: Loads, silence: Silence, clock: Clock) -> None:
        self._loads = loads
        self._silence = silence
        self._clock = clock

    async def of(self, runner: Runner) -> runner_pb2.Runner:
        """One runner."""
        loads = await self._loads.of_if_known([runner.id])
        return self.describe(runner, loads)

    async def loads(self) -> Mapping[str, Load]:
        """What all runners are doing."""
        return await self._loads.of_if_known()

    def describe(self, runner: Runner, loads: Mapping[str, Load]) -> runner_pb2.Runner:
        """One runner among others."""
        load = loads.get(runner.id)
        state, silent = state_of(runner, load, self._silence, self._clock.now())
        message = runner_pb2.Runner(
            id=runner.id,
            name=runner.name,
            description=runner.description,
            state=_STATES[state],
            silent=silent,
            draining=runner.draining,
            disabled=not runner.enabled,
            cloned=runner.cloned,
            labels=runner.labels,
            slots=runner.slots,
            machine_key=runner.machine_key,
            owner_id=runner.owner_id,
            free_slots=load.free if load and state is not State.OFFLINE else 0,
            execution_ids=load.execution_ids if load else (),
        )
        message.created_at.FromDatetime(runner.created_at)
        if load is not None and load.pause is not None and state is not State.OFFLINE:
            message.pause.since.FromDatetime(load.pause.since)
            message.pause.by = load.pause.by
        if runner.presence is not None:
            presence = runner.presence
            message.version, message.platform = presence.version, presence.platform
            message.hostname = presence.hostname
            message.capabilities.extend(presence.capabilities)
            message.last_seen_at.FromDatetime(presence.last_seen_at)
            message.connected_at.FromDatetime(presence.connected_at)
            if presence.metrics is not None:
                message.metrics.CopyFrom(_metrics(presence.metrics))
        return message


class RunnerAdminServicer(runner_admin_service_pb2_grpc.RunnerAdminServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, administration: Administration, descriptions: Descriptions) -> None:
        self._administration = administration
        self._descriptions = descriptions

    async def ListRunners(self, request: pb.ListRunnersRequest, context: Any) -> pb.ListRunnersResponse:  # noqa: ARG002, N802, D102
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "text", "id")
        after = (cursor[0], cursor[1]) if cursor else None
        query, label = check_text(request.query, "/query"), check_text(request.label, "/label")
        loads = await self._descriptions.loads()
        items: list[runner_pb2.Runner] = []
        # A state is computed, not stored: pages are read until enough runners have the wanted one.
        while True:
            page = await self._administration.list_runners(query, label, after, limit + 1)
            for runner in page:
                message = self._descriptions.describe(runner, loads)
                if request.state in (runner_pb2.RUNNER_STATE_UNSPECIFIED, message.state):
                    items.append(message)
            if len(items) > limit or len(page) <= limit:
                break
            after = (page[-1].name.lower(), page[-1].id)
        more = len(items) > limit
        last = items[limit - 1] if more else None
        return pb.ListRunnersResponse(
            items=items[:limit], next_cursor=encode_cursor(last.name.lower(), last.id) if last else ""
        )

    async def GetRunner(self, request: pb.GetRunnerRequest, context: Any) -> pb.GetRunnerResponse:  # noqa: ARG002, N802, D102
        runner = await self._administration.get(request.runner_id)
        return pb.GetRunnerResponse(runner=await self._descriptions.of(runner))

    async def CreateRunner(self, request: pb.CreateRunnerRequest, context: Any) -> pb.CreateRunnerResponse:  # noqa: ARG002, N802, D102
        new = NewRunner(request.name, request.description, list(request.labels), request.slots, request.owner_id)
        key = key_of(request)
        registered = await self._administration.create(new, key)
        return pb.CreateRunnerResponse(**await self._registered(registered))

    async def UpdateRunner(self, request: pb.UpdateRunnerRequest, context: Any) -> pb.UpdateRunnerResponse:  # noqa: ARG002, N802, D102
        runner = await self._administration.update(request.runner_id, _changes(request))
        return pb.UpdateRunnerResponse(runner=await self._descriptions.of(runner))

    async def DeleteRunner(self, request: pb.DeleteRunnerRequest, context: Any) -> pb.DeleteRunnerResponse:  # noqa: ARG002, N802, D102
        await self._administration.delete(request.runner_id)
        return pb.DeleteRunnerResponse()

    async def RotateSecret(self, request: pb.RotateSecretRequest, context: Any) -> pb.RotateSecretResponse:  # noqa: ARG002, N802, D102
        registered = await self._administration.rotate_secret(request.runner_id)
        return pb.RotateSecretResponse(**await self._registered(registered))

    async def DrainRunner(self, request: pb.DrainRunnerRequest, context: Any) -> pb.DrainRunnerResponse:  # noqa: ARG002, N802, D102
        runner = await self._administration.set_draining(request.runner_id, draining=True)
        return pb.DrainRunnerResponse(runner=await self._descriptions.of(runner))

    async def ResumeRunner(self, request: pb.ResumeRunnerRequest, context: Any) -> pb.ResumeRunnerResponse:  # noqa: ARG002, N802, D102
        runner = await self._administration.set_draining(request.runner_id, draining=False)
        return pb.ResumeRunnerResponse(runner=await self._descriptions.of(runner))

    async def ListRunnerMetrics(  # noqa: N802, D102
        self,
        request: pb.ListRunnerMetricsRequest,
        context: Any,  # noqa: ARG002
    ) -> pb.ListRunnerMetricsResponse:
        since, until = _moment(request, "from"), _moment(request, "to")
        metrics = await self._administration.list_metrics(request.runner_id, since, until)
        return pb.ListRunnerMetricsResponse(items=[_metrics(item) for item in metrics])

    async def CreatePairingToken(  # noqa: N802, D102
        self,
        request: pb.CreatePairingTokenRequest,
        context: Any,  # noqa: ARG002
    ) -> pb.CreatePairingTokenResponse:
        pairing = await self._administration.create_pairing(request.runner_id)
        response = pb.CreatePairingTokenResponse(pairing_token=pairing.token, pair_command=pairing.command)
        response.expires_at.FromDatetime(pairing.expires_at)
        return response

    async def _registered(self, registered: Registered) -> dict[str, Any]:
        return {
            "runner": await self._descriptions.of(registered.runner),
            "machine_key": registered.runner.machine_key,
            "machine_secret": registered.machine_secret,
            "pair_command": registered.pair_command,
        }


def _changes(request: pb.UpdateRunnerRequest) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if request.HasField("name"):
        changes["name"] = check_name(request.name)
    if request.HasField("description"):
        changes["description"] = check_description(request.description)
    if request.set_labels:
        changes["labels"] = check_labels(request.labels)
    if request.HasField("slots"):
        changes["slots"] = check_slots(request.slots)
    if request.HasField("disabled"):
        changes["enabled"] = not request.disabled
    if request.HasField("owner_id"):
        changes["owner_id"] = check_text(request.owner_id, "/ownerId")
    return changes


def _metrics(metrics: Metrics) -> runner_pb2.RunnerMetrics:
    message = runner_pb2.RunnerMetrics(
        cpu_percent=metrics.cpu_percent,
        memory_percent=metrics.memory_percent,
        memory_used=metrics.memory_used,
        memory_total=metrics.memory_total,
        disk_free=metrics.disk_free,
        disk_total=metrics.disk_total,
    )
    message.at.FromDatetime(metrics.at)
    return message


def _moment(request: pb.ListRunnerMetricsRequest, field: str) -> datetime | None:
    if not request.HasField(field):  # type: ignore[arg-type]  # the stub wants a literal
        return None
    stamp: Timestamp = getattr(request, field)  # `from` is a keyword, so it cannot be written as an attribute
    return stamp.ToDatetime(tzinfo=UTC)
