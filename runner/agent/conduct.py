"""Conducts every attempt from its offer to the Hub's answer to its result, in the one order that is safe.

journal `accepted` → acknowledge → journal `begun` → run → journal `finished` → deliver. Each step is on disk before
the next one is taken or told. How a graph is run is the business of `Work`, how it is stopped that of `slots`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent import wire
from runner.agent.attempts import Attempts, Held, accepted_record, begun_record, finished_record
from runner.agent.clock import boottime
from runner.agent.continuations import Continuation, Continuations
from runner.agent.crash_points import CrashPoints
from runner.agent.delivery import Delivery
from runner.agent.graphs import Graph, Graphs, GraphUnavailableError
from runner.agent.journal import Journal, JournalError
from runner.agent.journal_file import Record
from runner.agent.live import Live
from runner.agent.model import DebugWord, End, Failure, Instruction, Offer, Order
from runner.agent.recent import RecentRuns
from runner.agent.reporter import Reporter
from runner.agent.session import Session
from runner.agent.slots import Running, Slots
from runner.agent.transport import HubRefusedError, Transport
from runner.agent.verdict import judge
from runner.agent.work import Work

JOURNAL_RETRY_SECONDS = 1.0

log = structlog.get_logger("runner.conduct")


@dataclass(frozen=True, slots=True)
class Tools:
    """What conducting an attempt works with."""

    attempts: Attempts
    journal: Journal
    slots: Slots
    reporter: Reporter
    session: Session
    delivery: Delivery
    graphs: Graphs
    continuations: Continuations
    crash: CrashPoints
    recent: RecentRuns
    make_work: Callable[[Held, Offer, Graph, Continuation | None, float], Work]
    """(attempt, its offer, its graph, what else it needs, instant of self-stop) → what runs it."""
    refuse: Callable[[], str]
    """Why no further work can be taken: DRAINING, DISK_FULL, or nothing."""


class Conductor:
    """Takes offers and instructions; its tasks live in the group it was given."""

    def __init__(self, tools: Tools, group: asyncio.TaskGroup) -> None:
        self._tools = tools
        self._slots = tools.slots
        self._group = group
        self._tasks: set[asyncio.Task[None]] = set()
        self._settling: set[str] = set()
        """Attempts without a result whose evidence is on its way."""
        self._fenced: set[str] = set()

    @property
    def free_slots(self) -> int:
        """Offers that would be accepted now."""
        return 0 if self._tools.refuse() else max(0, self._slots.count - len(self._slots))

    @property
    def untold(self) -> int:
        """Results that the Hub has not taken yet."""
        return sum(held.phase == "finished" for held in self._tools.attempts)

    def has_new_fenced(self) -> bool:
        """True once for each attempt that this runner stopped by its own lease and the Hub has not settled yet."""
        fenced = {held.attempt_id for held in self._tools.attempts if held.phase == "begun" and not held.alive}
        new = fenced - self._fenced
        self._fenced = fenced
        return bool(new)

    def recover(self) -> None:
        """Deliver the results that an earlier agent left."""
        for held in self._tools.attempts:
            if held.phase == "finished":
                self._start(self._deliver(held))

    def abandon(self) -> None:
        """End every task at once; results that were not told are journalled for the next agent."""
        for task in self._tasks:
            task.cancel()

    def take(self, offers: Sequence[Offer]) -> None:
        """Start conducting each offer that is new."""
        for offer in offers:
            if self._slots.get(offer.attempt_id) is not None or self._tools.attempts.get(offer.attempt_id) is not None:
                continue  # pushed twice: the first is on its way
            reason = self._tools.refuse() or ("SLOT_TAKEN" if len(self._slots) >= self._slots.count else "")
            if reason:
                self._start(self._decline(offer, reason))
            else:
                self._start(self._conduct(self._slots.occupy(offer)))

    def instruct(self, instructions: Sequence[Instruction], sent_at: float | None) -> None:
        """Do what the Hub says about attempts; those not held here are over anyway."""
        for word in instructions:
            held = self._tools.attempts.get(word.attempt_id)
            if held is None:
                continue
            if word.order is Order.CONTINUE:
                if sent_at is not None and word.lease_seconds > 0:
                    self._slots.renew(held.attempt_id, word.lease_seconds, sent_at)
            elif word.order is Order.DEBUG:
                self._debug(held.attempt_id, word.debug)
            elif word.order is not Order.SEND_FINISH:  # what is finished is being told already
                self._stop_for_hub(held, word)

    def _debug(self, attempt_id: str, word: DebugWord | None) -> None:
        running = self._slots.get(attempt_id)
        if running is not None and running.work is not None and word is not None:
            running.work.debug(word)

    def stop_all(self, stopped_by: str) -> None:
        """The runner's owner ends everything that runs here."""
        for running in self._slots:
            running.stopped_by = stopped_by
            self._slots.stop(running, at_once=False)

    def stop_for_disk(self) -> None:
        """End everything that runs here while the results can still be written."""
        for running in self._slots:
            running.disk_full = True
            self._slots.stop(running, at_once=False)

    def stop_one(self, attempt_id: str, stopped_by: str) -> bool:
        """The runner's owner ends one attempt; False when it does not run here (any more)."""
        running = self._slots.get(attempt_id)
        if running is None:
            return False
        running.stopped_by = stopped_by
        self._slots.stop(running, at_once=False)
        return True

    def _stop_for_hub(self, held: Held, word: Instruction) -> None:
        held.stop_reason = word.reason or word.order.value
        running = self._slots.get(held.attempt_id)
        if running is not None:
            self._slots.stop(running, at_once=word.order is not Order.STOP)
        elif held.phase != "finished" and held.attempt_id not in self._settling:
            # Nothing of it lives here and no result can come: the Hub has settled it.
            self._settling.add(held.attempt_id)
            self._start(self._settle(held))

    async def _settle(self, held: Held) -> None:
        await self._tools.delivery.deliver_evidence(held)
        self._settling.discard(held.attempt_id)

    async def _decline(self, offer: Offer, reason: str) -> None:
        log.info("declining", attempt=offer.attempt_id, reason=reason)
        ref = wire.attempt_ref(offer.execution_id, offer.attempt_id)
        try:
            await self._tools.session.call(
                lambda transport, live: transport.decline(
                    pb.DeclineRequest(attempt=ref, epoch=live.epoch, reason=reason)
                ),
                lambda reply: reply.answer,
            )
        except HubRefusedError as refused:
            log.warning("declining was refused; the offer will expire", reason=refused.reason)

    async def _conduct(self, running: Running) -> None:
        self._tools.crash.reach("received")
        held: Held | None = None
        try:
            held = await self._begin(running)
            if held is not None:
                await self._run(held, running)
        finally:
            self._slots.free(running.offer.attempt_id)
            self._tools.session.poll_soon()
            if running.offer.continued:
                await self._tools.continuations.drop(running.offer.attempt_id)
        if held is not None and held.phase == "finished":
            await self._deliver(held)

    async def _begin(self, running: Running) -> Held | None:
        """Accept, acknowledge, begin. None when the work is not ours (any more)."""
        tools, offer = self._tools, running.offer
        try:
            graph = await tools.graphs.get(offer.graph_sha256)
            continuation = await tools.continuations.get(offer)
        except GraphUnavailableError as error:
            log.warning("graph unavailable", attempt=offer.attempt_id, reason=str(error))
            await self._decline(offer, "GRAPH_UNAVAILABLE")
            return None
        held = tools.attempts.accept(offer.execution_id, offer.attempt_id)
        try:
            await tools.journal.commit(accepted_record(held))
        except JournalError as error:
            log.error("journal refuses", reason=str(error))
            tools.delivery.close(held)
            await self._decline(offer, "DISK_FULL")
            return None
        tools.crash.reach("accepted")
        sent_at = await self._acknowledge(held)
        if sent_at is None:
            tools.delivery.close(held)
            return None
        tools.crash.reach("acknowledged")
        # No await may stand between the answer and this line: from here on every Hello says `begun`.
        held.phase, held.began_at = "begun", datetime.now(UTC)
        lease_until = self._slots.lease(held.attempt_id, offer.lease_seconds, sent_at)
        running.work = tools.make_work(held, offer, graph, continuation, lease_until)
        await self._commit(begun_record(held.attempt_id, held.began_at))
        tools.crash.reach("begun")
        return held

    async def _acknowledge(self, held: Held) -> float | None:
        """When the acknowledgement that the Hub took was sent, or None when the attempt is over."""
        ref = wire.attempt_ref(held.execution_id, held.attempt_id)
        sent_at, number = 0.0, -1

        async def send(transport: Transport, live: Live) -> pb.AcknowledgeResponse:
            nonlocal sent_at, number
            sent_at, number = boottime(), live.number
            return await transport.acknowledge(pb.AcknowledgeRequest(attempt=ref, epoch=live.epoch))

        # A Hello that overtook an answer said `accepted`: only an answer on the session of the latest Hello counts.
        while number != self._tools.session.number:
            try:
                _, answer = await self._tools.session.call(send, lambda reply: reply.answer)
            except HubRefusedError as refused:
                log.warning("acknowledgement refused", attempt=held.attempt_id, reason=refused.reason)
                return None
            if held.stop_reason or not answer.applied:
                return None
        return sent_at

    async def _run(self, held: Held, running: Running) -> None:
        self._tools.crash.reach("running")
        if held.stop_reason or running.stopped_by or running.disk_full:
            end = End("stopped")
        else:
            assert running.work is not None
            self._slots.limit_time(running)
            try:
                end = await _run_guarded(running.work)
            finally:
                running.cancel_timers()
        self._tools.crash.reach("ended")
        held.alive = False
        finish = judge(held, running, end, datetime.now(UTC))
        self._tools.recent.end(held.attempt_id, finish)
        if finish is None:
            log.warning("stopped by the lease; the Hub decides", attempt=held.attempt_id)
            return
        # No await since the end: what the execution told last goes with its Finish.
        self._tools.reporter.pause(held)
        held.finish, held.phase = finish, "finished"
        await self._commit(finished_record(finish))
        self._tools.crash.reach("finished")

    async def _deliver(self, held: Held) -> None:
        await self._tools.delivery.deliver(held, self.take)

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

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _run_guarded(work: Work) -> End:
    try:
        return await work.run()
    except Exception as error:
        # No disk for its folder, no memory for its process: that ends one execution, not the agent with all of them.
        log.exception("execution broke", reason=repr(error))
        return End("failed", failure=Failure("RUNNER_FAILED", f"The runner could not run the execution: {error!r}."))
