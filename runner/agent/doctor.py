"""Looks at everything this runner needs and says in words what is missing."""

import shutil
from dataclasses import asdict, dataclass
from typing import Any

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent import identity, machine
from runner.agent.grpc_transport import GrpcTransport
from runner.agent.settings import RunnerSettings, unknown_names
from runner.agent.transport import HubRefusedError, HubUnavailableError
from runner.nodes import registry
from runner.nodes.browser import program


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    ok: bool
    message: str

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


async def examine(settings: RunnerSettings) -> list[Finding]:
    """Settings, disk, nodes, capabilities, identity, and the way to the Hub (which logs in once)."""
    return [*_settings(), _disk(settings), _nodes(), _capabilities(), *await _hub(settings)]


def _settings() -> list[Finding]:
    unknown = unknown_names()
    if unknown:
        return [Finding("settings", ok=False, message=f"These names mean nothing: {', '.join(unknown)}.")]
    return [Finding("settings", ok=True, message="No unknown names.")]


def _disk(settings: RunnerSettings) -> Finding:
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free
    enough = free >= settings.min_free_bytes
    advice = "" if enough else f"; {settings.min_free_bytes // 2**20} MiB are needed, no work is accepted with less"
    return Finding("disk", ok=enough, message=f"{free // 2**20} MiB free at {settings.home}{advice}.")


def _nodes() -> Finding:
    return Finding("nodes", ok=True, message=f"{len(registry.node_types())} node types.")


def _capabilities() -> Finding:
    missing = program.missing()
    without = "" if missing is None else f" No browser nodes can run: {missing}."
    return Finding("capabilities", ok=True, message=", ".join(machine.capabilities()) + "." + without)


async def _hub(settings: RunnerSettings) -> list[Finding]:
    try:
        who = identity.load(settings)
    except identity.IdentityError as error:
        return [Finding("identity", ok=False, message=str(error))]
    known = Finding(
        "identity", ok=True, message=f"Paired with {who.address}, {identity.certificate_fingerprint(who.ca)}."
    )
    transport = GrpcTransport(who.address, who.ca, settings.answer_seconds)
    request = pb.AuthenticateRequest(
        machine_key=who.credentials.machine_key,
        machine_secret=who.credentials.machine_secret,
        protocol=identity.PROTOCOL,
        version=identity.VERSION,
        hostname=machine.hostname(),
        platform=machine.description(),
    )
    try:
        answer = await transport.authenticate(request)
    except HubUnavailableError as error:
        return [known, Finding("hub", ok=False, message=f"Cannot be reached: {error}")]
    except HubRefusedError as error:
        return [known, Finding("hub", ok=False, message=f"Refuses this runner: {error}")]
    finally:
        await transport.close()
    return [known, Finding("hub", ok=True, message=f"Knows this runner as {answer.name}, {answer.slots} slots.")]
