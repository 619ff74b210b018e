"""How a runner gets and proves its identity: pairing and authentication. Every attempt leaves an audit event."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.kit.errors import DomainError
from services.kit.identity import Principal
from services.kit.outbox import Outbox, Resource
from services.registry import credentials, repository
from services.registry.errors import (
    credentials_invalid,
    pairing_token_invalid,
    protocol_unsupported,
    runner_disabled,
)
from services.registry.model import Runner
from services.registry.notices import Notices
from services.registry.refusals import RefusalLog
from services.registry.session_tokens import SessionTokens

if TYPE_CHECKING:
    from services.kit.postgres import Pool

PROTOCOL = 1
OLDEST_PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine says about itself, and the address it speaks from."""

    hostname: str
    platform: str
    version: str
    ip: str


@dataclass(frozen=True, slots=True)
class Paired:
    """What pairing answers, once."""

    runner: Runner
    machine_secret: str


@dataclass(frozen=True, slots=True)
class Authenticated:
    """What authentication answers."""

    runner: Runner
    session_token: str
    expires_at: datetime
    protocol: int


class Enrolment:
    """Pairing and authentication."""

    def __init__(self, pool: "Pool", outbox: Outbox, tokens: SessionTokens, notices: Notices) -> None:
        self._pool = pool
        self._outbox = outbox
        self._tokens = tokens
        self._notices = notices
        self._refusals = RefusalLog(pool, outbox)

    async def pair(self, pairing_token: str, machine: Machine) -> Paired:
        """Turns a one-time token into a machine secret; an earlier secret is dead at once."""
        secret = credentials.make_machine_secret()
        async with self._pool.acquire() as connection, connection.transaction():
            runner_id = await connection.fetchval(repository.USE_PAIRING, credentials.digest(pairing_token))
            runner = await repository.get_runner(connection, runner_id, lock=True) if runner_id else None
            if runner is not None:
                await connection.execute(repository.RENEW_IDENTITY, runner.id, credentials.digest(secret))
                await self._outbox.record(
                    connection,
                    "runner.paired",
                    resource_of(runner),
                    {"hostname": machine.hostname, "platform": machine.platform, "version": machine.version},
                    actor=_actor(runner, machine.ip),
                )
        if runner is None:
            error = pairing_token_invalid()
            await self._refusals.record(error, None, machine.ip, machine.hostname)
            raise error
        self._notices.secret_replaced(runner.id)
        return Paired(runner=runner, machine_secret=secret)

    async def authenticate(self, machine_key: str, secret: str, protocol: int, machine: Machine) -> Authenticated:
        """Turns machine key and secret into a session token."""
        if protocol < OLDEST_PROTOCOL:
            raise protocol_unsupported(PROTOCOL)
        found = None
        if credentials.is_machine_key(machine_key):
            async with self._pool.acquire() as connection:
                found = await repository.find_by_key(connection, machine_key)
        # An unknown key costs the same comparison as a wrong secret.
        runner, stored = found or (None, b"\0" * 32)
        matching = credentials.matches(secret, stored)
        error: DomainError | None = None
        if runner is None or not matching:
            error = credentials_invalid()
        elif not runner.enabled:
            error = runner_disabled()
        if runner is None or error is not None:
            error = error or credentials_invalid()
            await self._refusals.record(error, runner, machine.ip, machine_key)
            raise error
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                repository.DESCRIBE_MACHINE, runner.id, machine.version, machine.platform, machine.hostname
            )
            await self._outbox.record(
                connection,
                "runner.signed_in",
                resource_of(runner),
                {"hostname": machine.hostname, "version": machine.version},
                actor=_actor(runner, machine.ip),
            )
        token, expires_at = self._tokens.issue(runner.id, runner.secret_version)
        return Authenticated(runner, token, expires_at, min(protocol, PROTOCOL))


def resource_of(runner: Runner) -> Resource:
    """The runner as an audit event names it."""
    return Resource("runner", runner.id, runner.name)


def _actor(runner: Runner, ip: str) -> Principal:
    return Principal(kind="runner", id=runner.id, name=runner.name, ip=ip)
