"""Brings what is left of an attempt to the Hub and lets go of it: the result with its evidence, or that alone."""

import asyncio
from collections.abc import Callable

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1.attempt_pb2 import FinishRecord
from runner.agent import wire
from runner.agent.artifacts import Uploads
from runner.agent.attempts import Attempts, Held
from runner.agent.crash_points import CrashPoints
from runner.agent.journal import Journal
from runner.agent.journal_file import Kind, Record
from runner.agent.model import Answer, Offer, dump_json
from runner.agent.reporter import Reporter
from runner.agent.session import Session
from runner.agent.transport import HubRefusedError
from runner.agent.work_items import WorkItems

REFUSED_RETRY_SECONDS = 30.0

log = structlog.get_logger("runner.delivery")


class Delivery:
    """After it, the runner no longer holds the attempt."""

    def __init__(
        self, attempts: Attempts, journal: Journal, reporter: Reporter, session: Session, crash: CrashPoints
    ) -> None:
        self._attempts = attempts
        self._journal = journal
        self._reporter = reporter
        self._session = session
        self._uploads = Uploads(session, journal)
        self._work_items = WorkItems(session, journal)
        self._crash = crash

    async def deliver(self, held: Held, take: Callable[[list[Offer]], None]) -> None:
        """Tell the result until the Hub's answer is definite; `take` gets the offers that come with it."""
        finish = held.finish
        assert finish is not None
        # Before the result: with it the Hub gives back what was not settled.
        await self._work_items.settle_all(held)
        await self._uploads.upload_all(held)
        events, lines = await self._reporter.withhold(held)
        reply, answer = await self._tell(held, wire.finish_record(finish, events, lines))
        self._crash.reach("told")
        take([wire.offer_from(offer) for offer in reply.offers])
        if answer.applied:
            self._reporter.commit(held, reply.node_seq, reply.log_seq)
            await self._reporter.deliver_rest(held)
        else:
            log.warning("result not wanted", attempt=held.attempt_id, answer=answer.value)
        self._let_go(held, Record(Kind.DELIVERED, held.attempt_id, dump_json({"answer": answer.value})))
        self._crash.reach("delivered")

    def close(self, held: Held) -> None:
        """Let go of an attempt that has no result and told nothing."""
        self._let_go(held, Record(Kind.CLOSED, held.attempt_id))

    async def deliver_evidence(self, held: Held) -> None:
        """Let go of an attempt that will have no result, when the Hub has what it did until then."""
        await self._work_items.settle_all(held)
        await self._uploads.upload_all(held)
        await self._reporter.deliver_rest(held)
        self.close(held)

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

    def _let_go(self, held: Held, record: Record) -> None:
        self._journal.append(record)
        self._reporter.forget(held)
        self._attempts.drop(held.attempt_id)
