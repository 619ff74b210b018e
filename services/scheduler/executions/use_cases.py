"""Accepting work: one transaction from the idempotency key to the audit row."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg

from services.kit.errors import DomainError, Kind
from services.kit.idempotency import RequestKey, recall, remember
from services.kit.identity import Principal, acting_principal
from services.kit.ids import new_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.continuations.model import Continuation
from services.scheduler.executions.admission import check_submission
from services.scheduler.executions.bells import Bells
from services.scheduler.executions.calls import Aftermath
from services.scheduler.executions.errors import execution_not_found, runner_unavailable
from services.scheduler.executions.inputs import (
    DEFAULT_PRIORITY,
    DEFAULT_QUEUE_TIMEOUT_SECONDS,
    concurrency_key,
    dump_inputs,
    read_inputs,
)
from services.scheduler.executions.licence import Licence
from services.scheduler.executions.model import Actor, Demand, Launch, Mode, Offer
from services.scheduler.executions.obstacles import explain
from services.scheduler.executions.repository import dispatch, queries, submission
from services.scheduler.executions.repository.queries import View
from services.scheduler.workflows.model import Launchable
from services.scheduler.workflows.use_cases import load_launchable, load_version

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

INTERACTIVE_LOCKS = "SET LOCAL lock_timeout = '1s'"
MERGE_TRIES = 5


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody asks for; None takes the default."""

    workflow_id: str
    inputs: bytes = b""
    mode: Mode = Mode.SCHEDULED
    runner_id: str | None = None
    draft: bool = False
    priority: int = DEFAULT_PRIORITY
    dedupe_key: str = ""
    not_before: datetime | None = None
    timeout_seconds: float = 0.0
    queue_timeout_seconds: float = DEFAULT_QUEUE_TIMEOUT_SECONDS
    retry_of: str | None = None
    trigger_id: str | None = None
    labels: Sequence[str] = ()
    """Demanded of a runner beside the workflow's."""
    version: int = 0
    """A certain one; 0: the published one, or the latest draft."""
    continuation: Continuation | None = None
    debug: bytes | None = None
    """JSON object {breakpoints, runTo, paused}, for an interactive execution that a person debugs."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The execution, and whether it was there before."""

    view: View
    duplicate: bool


class Submissions:
    """Turns requests into executions. `retry_lease_seconds`: of attempts that are given up early to be repeated."""

    def __init__(
        self,
        pool: "Pool",
        bells: Bells,
        licence: Licence,
        outbox: Outbox,
        *,
        retry_lease_seconds: float,
    ) -> None:
        self._pool = pool
        self._bells = bells
        self._licence = licence
        self._outbox = outbox
        self._retry_lease_seconds = retry_lease_seconds
        self._demands = submission.Demands()

    async def submit(self, wanted: Submission, key: RequestKey | None = None) -> Accepted:
        """Accepts work for the acting principal.

        Raises a DomainError: WORKFLOW_NOT_FOUND, NOT_PUBLISHED, INPUTS_INVALID, LICENCE_REFUSED,
        IDEMPOTENCY_KEY_REUSED,
        INVALID; RUNNER_UNAVAILABLE when it is interactive and its runner cannot begin now: then only an audit row
        is left.
        """
        principal = acting_principal()
        check_submission(wanted, principal)
        await self._licence.require()
        try:
            accepted, offers = await self._store(wanted, key or RequestKey(), principal)
        except DomainError as error:
            if error.reason == "RUNNER_UNAVAILABLE":
                await self._record_refusal(wanted, error)
            raise
        self.announce([accepted], offers)
        if offers:
            # The offer leaves before the answer does: the way to the first node is the longer one.
            await asyncio.sleep(0)
        return accepted

    async def accept(self, connection: "Connection", wanted: Submission, principal: Principal) -> Accepted:
        """Accepts work in the caller's transaction, which also holds its cause; nothing is audited here.

        Whoever calls asks `require_licence` before it begins the transaction, and `announce`s after the commit. Raises
        what `submit` raises, less the licence's refusal and what concerns keys and runners.
        """
        check_submission(wanted, principal)
        launch = await _prepare(connection, wanted, principal, self._retry_lease_seconds)
        return await self._insert(connection, launch, audit=None)

    async def require_licence(self) -> None:
        """Raises LICENCE_REFUSED when nothing new may begin."""
        await self._licence.require()

    async def claim_if_idle(self, connection: "Connection") -> list[Offer]:
        """The offer for what the caller's transaction accepted, when nobody else is about to claim.

        To be the transaction's last statement: it holds a seat, and what it locks nobody waits for. Saves the way by
        the bell, a commit and a begin (infra/decisions/0008).
        """
        return await dispatch.claim(connection, 1) if self._bells.idle else []

    def announce(self, accepted: Sequence[Accepted], offers: Sequence[Offer] = ()) -> None:
        """Call after the commit: sends the offers, and rings for what still waits for one."""
        self.announce_new([each.view.id for each in accepted if not each.duplicate], offers)

    def announce_new(self, new: Sequence[str], offers: Sequence[Offer] = ()) -> None:
        """The same, for executions known by their ids."""
        offered = {offer.execution_id for offer in offers}
        if offers:
            self._bells.deliver(offers)
        topics = {"executions", *(f"execution:{identifier}" for identifier in new)} if new else set()
        self._bells.settle(Aftermath(topics=topics, dispatch=not offered.issuperset(new)))

    async def _store(
        self, wanted: Submission, key: RequestKey, principal: Principal
    ) -> tuple[Accepted, Sequence[Offer]]:
        interactive = wanted.mode is Mode.INTERACTIVE
        offers: Sequence[Offer] = ()
        async with self._pool.acquire() as connection, connection.transaction():
            if interactive:
                await connection.execute(INTERACTIVE_LOCKS)
            kept = await recall(connection, key)
            if kept is not None:
                return await _recalled(connection, kept), ()
            launch = await _prepare(connection, wanted, principal, self._retry_lease_seconds)
            accepted = await self._insert(connection, launch, self._audit(launch))
            if not accepted.duplicate and interactive and wanted.runner_id is not None:
                offers = [await _claim(connection, launch.id, wanted.runner_id)]
                accepted = Accepted(await _read(connection, launch.id), duplicate=False)
            response = f"{accepted.view.id} {'duplicate' if accepted.duplicate else 'new'}".encode()
            await remember(connection, key, response)
            if not (interactive or accepted.duplicate):
                offers = await self.claim_if_idle(connection)
        return accepted, offers

    async def _insert(self, connection: "Connection", launch: Launch, audit: tuple[str, bytes] | None) -> Accepted:
        """The execution: this one, or the one that was there before under the same key."""
        demand_id = await self._demands.find(connection, launch.demand)
        for _ in range(MERGE_TRIES):
            view = await submission.insert(connection, launch, demand_id, audit)
            if view is not None:
                return Accepted(view, duplicate=False)
            assert launch.dedupe_key is not None
            holder = await submission.dedupe_holder(connection, launch.workflow_id, launch.dedupe_key)
            if holder is not None:
                return Accepted(await _read(connection, holder), duplicate=True)
            # The holder ended between the two statements: the key is free again.
        raise DomainError(Kind.UNAVAILABLE, "BUSY", "Executions of this key begin and end too fast. Try again.")

    def _audit(self, launch: Launch) -> tuple[str, bytes]:
        details: Mapping[str, Any] = {
            "workflowId": launch.workflow_id,
            "version": launch.version,
            "mode": launch.demand.mode,
            "retryOf": launch.retry_of,
        }
        action = "execution.retried" if launch.retry_of else "execution.created"
        return self._outbox.row(action, Resource("execution", launch.id, launch.workflow_name), details)

    async def _record_refusal(self, wanted: Submission, error: DomainError) -> None:
        details = {"workflowId": wanted.workflow_id, "runnerId": wanted.runner_id, **error.facts}
        async with self._pool.acquire() as connection, connection.transaction():
            await self._outbox.record(
                connection, "execution.refused", Resource("workflow", wanted.workflow_id), details
            )


async def _prepare(
    connection: "Connection", wanted: Submission, principal: Principal, retry_lease_seconds: float
) -> Launch:
    if wanted.version:
        launchable, draft = await load_version(connection, wanted.workflow_id, wanted.version)
        wanted = replace(wanted, draft=draft)
        check_submission(wanted, principal)
    else:
        launchable = await load_launchable(connection, wanted.workflow_id, wanted.draft)
    return make_launch(launchable, wanted, Actor(principal.kind, principal.id, principal.name), retry_lease_seconds)


def make_launch(launchable: Launchable, wanted: Submission, actor: Actor, retry_lease_seconds: float) -> Launch:
    """A new execution of this version. Raises INPUTS_INVALID."""
    settings = launchable.settings
    inputs = read_inputs(wanted.inputs, launchable.inputs)
    labels = tuple(dict.fromkeys([*settings.labels, *wanted.labels]))
    concurrency = settings.concurrency
    return Launch(
        id=new_id(),
        workflow_id=launchable.workflow_id,
        workflow_name=launchable.name,
        version=launchable.version,
        graph_sha256=launchable.graph_sha256,
        draft=wanted.draft,
        demand=Demand(labels, tuple(settings.capabilities), wanted.runner_id, wanted.mode),
        priority=wanted.priority,
        inputs=dump_inputs(inputs),
        on_lost=settings.on_lost,
        lease_seconds=retry_lease_seconds if settings.on_lost == "retry" else settings.offline_seconds,
        max_attempts=settings.retry.max_attempts,
        backoff_seconds=settings.retry.backoff_seconds,
        timeout_seconds=wanted.timeout_seconds or settings.timeout_seconds or 0.0,
        queue_timeout_seconds=wanted.queue_timeout_seconds,
        actor=actor,
        concurrency_key=concurrency_key(concurrency.key, inputs) if concurrency else None,
        concurrency_limit=concurrency.limit if concurrency else None,
        dedupe_key=wanted.dedupe_key or None,
        not_before=wanted.not_before,
        retry_of=wanted.retry_of,
        trigger_id=wanted.trigger_id,
        continuation=_continuation(launchable, wanted),
    )


def _continuation(launchable: Launchable, wanted: Submission) -> Continuation | None:
    needs = wanted.continuation or launchable.calls or launchable.globals or wanted.debug is not None
    if not needs:
        return None
    given = wanted.continuation or Continuation()
    return replace(given, calls=launchable.calls or b"[]", debug=wanted.debug, globals=launchable.globals)


async def _claim(connection: "Connection", execution_id: str, runner_id: str) -> Offer:
    try:
        offer, codes = await dispatch.claim_at_once(connection, execution_id, runner_id)
    except asyncpg.LockNotAvailableError:
        offer, codes = None, ["BUSY"]
    if offer is None:
        facts = {**dict.fromkeys(("labels", "capabilities", "concurrency_limit"), ""), "ready_at": "its time"}
        facts["pause"] = "its owner"
        found = [{"code": each.code, "message": " ".join(each.message.split())} for each in explain(codes, facts)]
        raise runner_unavailable(found)
    return offer


async def _read(connection: "Connection", identifier: str) -> View:
    view = await queries.get(connection, identifier)
    if view is None:
        raise execution_not_found()
    return view


async def _recalled(connection: "Connection", kept: bytes) -> Accepted:
    identifier, _, kind = kept.decode().partition(" ")
    return Accepted(await _read(connection, identifier), kind == "duplicate")
