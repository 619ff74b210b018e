"""Runs an execution in a process of its own and watches it from the agent."""

import asyncio
from pathlib import Path
from typing import Any

import structlog

from runner.agent.child.pipe import Frame, parse
from runner.agent.child.pool import Child, ChildPool, ChildStartError
from runner.agent.child.tree import kill_tree
from runner.agent.folders import WorkingFolders
from runner.agent.model import DebugWord, End, Failure, StoredFile, Suspension
from runner.agent.racing import first_of
from runner.agent.usage import Meter, Totals
from runner.agent.work import Outlet, Question, RunOrder
from runner.nodes.base import NodeFailure

SAMPLE_SECONDS = 1.0
EXIT_SECONDS = 1.0

log = structlog.get_logger("runner.child")


class ChildWork:
    """See `Work`."""

    def __init__(self, order: RunOrder, pool: ChildPool, outlet: Outlet, folders: WorkingFolders) -> None:
        self._order = order
        self._pool = pool
        self._outlet = outlet
        self._folders = folders
        self._child: Child | None = None
        self._lease_until = order.lease_until
        self._hurry = asyncio.Event()
        """Set when it is to end: from then on all it tells is taken, whoever waits for whom."""
        self._stopped = False
        self._killed = False
        self._words: list[DebugWord] = []
        self._killing: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._meter = Meter()

    async def run(self) -> End:
        """Give the order to a ready process and pass on what it tells, until it ended."""
        try:
            child = await self._pool.take()
        except ChildStartError as error:
            return End("failed", failure=Failure("EXECUTION_NOT_STARTED", str(error), retryable=True))
        async with self._folders.take() as workdir:
            return await self._run_in(child, workdir)

    async def _run_in(self, child: Child, workdir: Path) -> End:
        end: End | None = None
        sampling = asyncio.create_task(self._sample(child))
        try:
            self._hand_over(child, workdir)
            end = await self._listen(child)
        finally:
            sampling.cancel()
            for task in self._answering:
                task.cancel()
            if end is None:
                # Cancelled, or ended without a word: what it started may live on.
                await asyncio.to_thread(kill_tree, child.member)
            child.release()
        return end if end is not None else await self._describe_crash(child)

    def stop(self) -> None:
        """Ask the process to end its graph."""
        self._stopped = True
        self._hurry.set()
        if self._child is not None:
            self._child.pipe.send(Frame.STOP)

    def kill(self) -> None:
        """Kill the process and everything it started."""
        self._killed = True
        self._hurry.set()
        if self._child is not None and self._killing is None:
            self._killing = asyncio.create_task(self._child.kill())

    def renew(self, lease_until: float) -> None:
        """Tell the process how long it may go on."""
        self._lease_until = lease_until
        if self._child is not None:
            self._child.pipe.send_json(Frame.LEASE, {"until": lease_until})

    def debug(self, word: DebugWord) -> None:
        """Tell the process, as soon as there is one."""
        if self._child is None:
            self._words.append(word)
        else:
            self._child.pipe.send_json(Frame.DEBUG, word.as_json())

    def _hand_over(self, child: Child, workdir: Path) -> None:
        child.assign(self._order.attempt_id)
        self._child = child
        child.pipe.send_json(Frame.RUN, {"order": self._order.as_json(), "workdir": str(workdir)})
        # What was said while there was no process yet:
        if self._lease_until != self._order.lease_until:
            self.renew(self._lease_until)
        for word in self._words:
            self.debug(word)
        if self._stopped:
            self.stop()
        if self._killed:
            self.kill()

    async def _listen(self, child: Child) -> End | None:
        while True:
            frame = await child.pipe.receive()
            if frame is None:
                return None
            kind, body = frame
            if kind is Frame.NODE_EVENT:
                self._outlet.node_event(body)
            elif kind is Frame.LOG_LINE:
                self._outlet.log_line(body)
            elif kind is Frame.ARTIFACT:
                self._outlet.artifact(StoredFile.from_json(parse(body)))
            elif kind is Frame.QUESTION:
                self._start_answering(child, parse(body))
            elif kind is Frame.END:
                return self._end_from(parse(body))
            if not (self._outlet.has_room or self._hurry.is_set() or child.exited.done()):
                # Not reading on is what makes the process wait.
                await first_of(self._outlet.room(), self._hurry.wait(), asyncio.wait({child.exited}))

    def _start_answering(self, child: Child, document: dict[str, Any]) -> None:
        # Beside the listening: an answer of the Hub may take long, and the execution goes on telling meanwhile.
        task = asyncio.create_task(self._answer(child, document["number"], Question(**document["question"])))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, child: Child, number: int, question: Question) -> None:
        answer, failure = None, None
        try:
            answer = await self._outlet.ask(question)
        except NodeFailure as error:
            failure = {"code": error.code, "message": error.message, "retryable": error.retryable}
        except Exception as error:
            # Whoever asked must hear something.
            log.exception("a question broke", kind=question.kind)
            failure = {"code": "RUNNER_FAILED", "message": f"The runner could not ask the Hub: {error!r}."}
        child.pipe.send_json(Frame.ANSWER, {"number": number, "answer": answer, "failure": failure})

    async def _sample(self, child: Child) -> None:
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            await asyncio.to_thread(self._meter.sample, child.member.pid)

    def _end_from(self, document: dict[str, Any]) -> End:
        failure = document["failure"]
        return End(
            status=document["status"],
            output_json=document["output"].encode(),
            failure=None if failure is None else Failure.from_json(failure),
            usage=self._meter.usage(Totals(document["cpuSeconds"], document["memoryPeak"])),
            suspension=Suspension.from_json(document["suspension"]),
        )

    async def _describe_crash(self, child: Child) -> End:
        done, _ = await asyncio.wait([child.exited], timeout=EXIT_SECONDS)
        status = child.exited.result() if done else None
        how = "" if status is None else f" (signal {-status})" if status < 0 else f" (exit code {status})"
        message = f"The execution's process ended without a result{how}. See the runner's output around this time."
        return End("crashed", failure=Failure("EXECUTION_CRASHED", message), usage=self._meter.usage(None))
