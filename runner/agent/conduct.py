"""Conducts every attempt from its offer to the Hub's answer to its result, in the one order that is safe.

journal `accepted` → acknowledge → journal `begun` → run → journal `finished` → upload files → finish → `delivered`.
Each step is on disk before the next one is taken or told. Owns the slots and who is stopped when; how a graph is run is
the business of `Work`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1.attempt_pb2 import FinishRecord
from runner.agent import wire
from runner.agent.artifacts import Uploads
from runner.agent.attempts import Attempts, Held, accepted_record, begun_record, finished_record
from runner.agent.clock import boottime
from runner.agent.crash_points import CrashPoints
from runner.agent.graphs import Graph, Graphs, GraphUnavailableError
from runner.agent.journal import Journal, JournalError
from runner.agent.journal_file import Kind, Record
from runner.agent.lease import LeaseBook
from runner.agent.live import Live
from runner.agent.model import Answer, End, Failure, Finish, Instruction, Offer, Order, Status, dump_json
from runner.agent.reporter import Reporter
from runner.agent.session import Session
from runner.agent.transport import HubRefusedError, Transport
from runner.agent.work import Work

JOURNAL_RETRY_SECONDS = 1.0
REFUSED_RETRY_SECONDS = 30.0
LEASE_TICK_SECONDS = 0.5

log = structlog.get_logger("runner.conduct")


@dataclass(slots=True)
class Running:
    """An attempt that occupies a slot."""

    offer: Offer
    work: Work | None = None
    fenced: bool = False
    """The runner stopped it by its own lease: no failure may be told."""
    stopped_by: str = ""
    """The runner's owner, when it was stopped here and not by the Hub."""
    timed_out: bool = False
    kill_timer: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """What conducting an attempt works with."""

    attempts: Attempts
    journal: Journal
    leases: LeaseBook
    reporter: Reporter
    uploads: Uploads
    graphs: Graphs
    crash: CrashPoints
    make_work: Callable[[Held, Offer, Graph, float], Work]
    """(attempt, its offer, its graph, instant of self-stop) → what runs it."""
    refuse: Callable[[], str]
    """Why no further work can be taken: DRAINING, DISK_FULL, or nothing."""


class Conductor:
    """Takes offers and instructions; its tasks live in the group it was given."""

    def __init__(self, tools: Tools, session: Session, group: asyncio.TaskGroup, stop_seconds: float) -> None:
        self._tools = tools
        self._session = session
        self._group = group
        self._stop_seconds = stop_seconds
        self._running: dict[str, Running] = {}
        self._lease_changed = asyncio.Event()
        self._fenced: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.slots = 1

    @property
    def free_slots(self) -> int:
        """Offers that would be accepted now."""
        return 0 if self._tools.refuse() else max(0, self.slots - len(self._running))

    @property
    def running(self) -> int:
        """Attempts that occupy a slot."""
        return len(self._running)

    @property
    def untold(self) -> int:
        """Results that the Hub has not taken yet."""
        return sum(held.phase == "finished" for held in self._tools.attempts)

    def has_new_fenced(self) -> bool:
        """True once for each attempt that this runner stopped by its own lease and the Hub has not settled yet."""
        fenced = {held.attempt_id for held in self._tools.attempts if held.phase == "begun" and not held.alive}
        new = fenced - self._fenced
        self._fenced = fenced
        return bool(new - set(self._running))

    def abandon(self) -> None:
        """End every task at once; results that were not told are journalled for the next agent."""
        for task in self._tasks:
            task.cancel()

    def take(self, offers: Sequence[Offer]) -> None:
        """Start conducting each offer that is new."""
        for offer in offers:
            if offer.attempt_id in self._running or self._tools.attempts.get(offer.attempt_id) is not None:
                continue  # pushed twice: the first is on its way
            reason = self._tools.refuse() or ("SLOT_TAKEN" if len(self._running) >= self.slots else "")
            if reason:
                self._start(self._decline(offer, reason))
                continue
            self._running[offer.attempt_id] = Running(offer)
            self._start(self._conduct(offer))

    def recover(self) -> None:
        """Deliver the results that an earlier agent left."""
        for held in self._tools.attempts:
            if held.phase == "finished":
                self._start(self._deliver(held))

    def instruct(self, instructions: Sequence[Instruction], sent_at: float | None) -> None:
        """Do what the Hub says about attempts; those not held here are over anyway."""
        for word in instructions:
            held = self._tools.attempts.get(word.attempt_id)
            if held is None:
                continue
            if word.order is Order.CONTINUE:
                self._renew(held, word.lease_seconds, sent_at)
            elif word.order in {Order.STOP, Order.STOP_NOW, Order.QUARANTINE}:
                self._stop_for_hub(held, word)

    def stop_all(self, stopped_by: str) -> None:
        """The runner's owner ends everything that runs here."""
        for attempt_id, running in self._running.items():
            running.stopped_by = stopped_by
            self._stop(attempt_id, running, at_once=False)

    async def guard_leases(self) -> None:
        """Stop what may not go on without a word from the Hub; runs for ever."""
        while True:
            next_change = self._tools.leases.next_change()
            self._lease_changed.clear()
            try:
                # Woken at least this often, because a machine that slept wakes with leases long over.
                async with asyncio.timeout(_pause(next_change)):
                    await self._lease_changed.wait()
            except TimeoutError:
                self._stop_fenced(boottime())

    def _stop_fenced(self, now: float) -> None:
        for attempt_id in self._tools.leases.due(now):
            running = self._running.get(attempt_id)
            if running is not None and not running.fenced:
                log.warning("lease runs out, stopping", attempt=attempt_id)
                running.fenced = True
                self._stop(attempt_id, running, at_once=False)
        for attempt_id in self._tools.leases.over(now):
            running = self._running.get(attempt_id)
            if running is not None:
                self._stop(attempt_id, running, at_once=True)

    def _renew(self, held: Held, seconds: float, sent_at: float | None) -> None:
        running = self._running.get(held.attempt_id)
        if running is None or running.work is None or running.fenced or sent_at is None or seconds <= 0:
            return
        running.work.renew(self._tools.leases.grant(held.attempt_id, seconds, sent_at))
        self._lease_changed.set()

    def _stop_for_hub(self, held: Held, word: Instruction) -> None:
        held.stop_reason = word.reason or word.order.value
        running = self._running.get(held.attempt_id)
        if running is not None:
            self._stop(held.attempt_id, running, at_once=word.order is not Order.STOP)
        elif held.phase != "finished":
            # Nothing of it lives here and no result can come: the Hub has settled it.
            self._close(held)

    def _stop(self, attempt_id: str, running: Running, *, at_once: bool) -> None:
        if running.work is None:
            return  # not begun: `_conduct` sees the reason before it begins
        if at_once:
            running.work.kill()
        elif running.kill_timer is None:
            log.info("stopping", attempt=attempt_id)
            running.work.stop()
            running.kill_timer = asyncio.get_running_loop().call_later(self._stop_seconds, running.work.kill)

    async def _decline(self, offer: Offer, reason: str) -> None:
        log.info("declining", attempt=offer.attempt_id, reason=reason)
        ref = wire.attempt_ref(offer.execution_id, offer.attempt_id)
        try:
            await self._session.call(
                lambda transport, live: transport.decline(
                    pb.DeclineRequest(attempt=ref, epoch=live.epoch, reason=reason)
                ),
                lambda reply: reply.answer,
            )
        except HubRefusedError as refused:
            log.warning("declining was refused; the offer will expire", reason=refused.reason)

    async def _conduct(self, offer: Offer) -> None:
        self._tools.crash.reach("received")
        try:
            held = await self._begin(offer)
            if held is not None:
                await self._run(held, offer)
        finally:
            self._free_slot(offer.attempt_id)
        if held is not None and held.phase == "finished":
            await self._deliver(held)

    async def _begin(self, offer: Offer) -> Held | None:
        """Accept, acknowledge, begin. None when the work is not ours (any more)."""
        tools = self._tools
        try:
            graph = await tools.graphs.get(offer.graph_sha256)
        except GraphUnavailableError as error:
            log.warning("graph unavailable", attempt=offer.attempt_id, reason=str(error))
            await self._decline(offer, "GRAPH_UNAVAILABLE")
            return None
        held = tools.attempts.accept(offer.execution_id, offer.attempt_id)
        try:
            await tools.journal.commit(accepted_record(held))
        except JournalError as error:
            log.error("journal refuses", reason=str(error))
            self._close(held)
            await self._decline(offer, "DISK_FULL")
            return None
        tools.crash.reach("accepted")
        sent_at = await self._acknowledge(held)
        if sent_at is None:
            self._close(held)
            return None
        tools.crash.reach("acknowledged")
        # No await may stand between the answer and this line: from here on every Hello says `begun`.
        held.phase, held.began_at = "begun", datetime.now(UTC)
        lease_until = tools.leases.grant(held.attempt_id, offer.lease_seconds, sent_at)
        self._running[offer.attempt_id].work = tools.make_work(held, offer, graph, lease_until)
        self._lease_changed.set()
        await self._commit(begun_record(held.attempt_id, held.began_at))
        tools.crash.reach("begun")
        return held

    async def _acknowledge(self, held: Held) -> float | None:
        """When the acknowledgement that the Hub took was sent, or None when the attempt is over."""
        ref = wire.attempt_ref(held.execution_id, held.attempt_id)
        while True:
            sent_at, number = 0.0, -1

            async def send(transport: Transport, live: Live) -> pb.AcknowledgeResponse:
                nonlocal sent_at, number
                sent_at, number = boottime(), live.number
                return await transport.acknowledge(pb.AcknowledgeRequest(attempt=ref, epoch=live.epoch))

            try:
                _, answer = await self._session.call(send, lambda reply: reply.answer)
            except HubRefusedError as refused:
                log.warning("acknowledgement refused", attempt=held.attempt_id, reason=refused.reason)
                return None
            if held.stop_reason or not answer.applied:
                return None
            if number == self._session.number:
                return sent_at
            # A Hello overtook this answer and said `accepted`: only an answer on the new session counts.

    async def _run(self, held: Held, offer: Offer) -> None:
        tools = self._tools
        running = self._running[offer.attempt_id]
        assert running.work is not None
        tools.crash.reach("running")
        if held.stop_reason or running.stopped_by:
            end = End("stopped")
        else:
            deadline = self._watch_deadline(running, offer)
            try:
                end = await _run_guarded(running.work)
            finally:
                for timer in (deadline, running.kill_timer):
                    if timer is not None:
                        timer.cancel()
        tools.reporter.pause(held)
        held.alive = False
        tools.leases.drop(offer.attempt_id)
        tools.crash.reach("ended")
        finish = _judge(held, running, end)
        if finish is None:
            log.warning("stopped by the lease; the Hub decides", attempt=offer.attempt_id)
            return
        held.finish, held.phase = finish, "finished"
        await self._commit(finished_record(finish))
        tools.crash.reach("finished")

    def _watch_deadline(self, running: Running, offer: Offer) -> asyncio.TimerHandle | None:
        """The engine keeps the deadline itself; this is for work that does not end by it."""
        if offer.timeout_seconds <= 0:
            return None

        def kill() -> None:
            running.timed_out = True
            if running.work is not None:
                running.work.kill()

        return asyncio.get_running_loop().call_later(offer.timeout_seconds + self._stop_seconds, kill)

    async def _deliver(self, held: Held) -> None:
        """Tell the result until the Hub's answer is definite."""
        finish = held.finish
        assert finish is not None
        await self._tools.uploads.upload_all(held)
        events, lines = await self._tools.reporter.withhold(held)
        record = wire.finish_record(finish, events, lines)
        reply, answer = await self._tell(held, record)
        self._tools.crash.reach("told")
        self.take([wire.offer_from(offer) for offer in reply.offers])
        if answer.applied:
            self._tools.reporter.commit(held, reply.node_seq, reply.log_seq)
            if held.node_events.items or held.log_lines.items:
                await self._tools.reporter.deliver_rest(held)
        else:
            log.warning("result not wanted", attempt=held.attempt_id, answer=answer.value)
        self._tools.journal.append(Record(Kind.DELIVERED, held.attempt_id, dump_json({"answer": answer.value})))
        self._tools.crash.reach("delivered")
        self._forget(held)

    async def _tell(self, held: Held, record: FinishRecord) -> tuple[pb.FinishResponse, Answer]:
        while True:
            try:
                return await self._session.call(
                    lambda transport, live: transport.finish(pb.FinishRequest(epoch=live.epoch, record=record)),
                    lambda reply: reply.answer,
                )
            except HubRefusedError as refused:
                # An error of the call is no verdict on the result, which must not be lost by it.
                log.error("result refused, telling it again later", attempt=held.attempt_id, reason=str(refused))
                await asyncio.sleep(REFUSED_RETRY_SECONDS)

    def _close(self, held: Held) -> None:
        self._tools.journal.append(Record(Kind.CLOSED, held.attempt_id))
        self._forget(held)

    def _forget(self, held: Held) -> None:
        self._tools.reporter.forget(held)
        self._tools.attempts.drop(held.attempt_id)

    def _free_slot(self, attempt_id: str) -> None:
        self._running.pop(attempt_id, None)
        self._tools.leases.drop(attempt_id)
        self._session.poll_soon()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _commit(self, record: Record) -> None:
        # The Hub counts on this record: there is no way on but writing it. The lease goes on running meanwhile.
        while True:
            try:
                await self._tools.journal.commit(record)
            except JournalError as error:
                log.error("journal refuses, trying again", reason=str(error))
                await asyncio.sleep(JOURNAL_RETRY_SECONDS)
            else:
                return


async def _run_guarded(work: Work) -> End:
    try:
        return await work.run()
    except Exception as error:
        # No disk for its folder, no memory for its process: that ends one execution, not the agent with all of them.
        log.exception("execution broke", reason=repr(error))
        return End("failed", failure=Failure("RUNNER_FAILED", f"The runner could not run the execution: {error!r}."))


def _pause(next_change: float | None) -> float:
    if next_change is None:
        return LEASE_TICK_SECONDS
    return min(LEASE_TICK_SECONDS, max(0.0, next_change - boottime()))


def _judge(held: Held, running: Running, end: End) -> Finish | None:
    """The result to tell, or None when there must be none: then only the Hub may say what becomes of it."""
    status: Status
    failure = end.failure
    if end.status in {"completed", "failed"}:
        status = end.status
    elif running.fenced or end.status == "fenced":
        return None
    elif running.timed_out:
        status, failure = "failed", Failure("TIMEOUT", "The execution did not end within its time and was killed.")
    elif held.stop_reason or running.stopped_by:
        status, failure = "stopped", None
    else:
        status, failure = "failed", end.failure or Failure("EXECUTION_CRASHED", "The execution ended without a result.")
    began_at = held.began_at
    assert began_at is not None
    return Finish(
        execution_id=held.execution_id,
        attempt_id=held.attempt_id,
        status=status,
        output_json=end.output_json,
        failure=failure,
        usage=end.usage,
        node_events=held.node_events.last,
        log_lines=held.log_lines.last,
        began_at=began_at,
        finished_at=datetime.now(UTC),
        stopped_by=running.stopped_by if status == "stopped" else "",
    )
