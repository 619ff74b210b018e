"""What an execution's process does: get ready, take one order, run it, say how it ended, end.

The agent's end of the pipe is its life: when that closes, the process kills its whole group and itself.
"""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from runner.agent.child.ending import Orphans, adopt_orphans, end_descendants
from runner.agent.child.pipe import Frame, Pipe, parse
from runner.agent.child.tree import MARK
from runner.agent.graph_run import GraphRun, load_call, load_plan, warm_up
from runner.agent.model import DebugWord, End, StoredFile
from runner.agent.usage import own_totals
from runner.agent.work import Question, RunOrder
from runner.desktop.programs import any_stays
from runner.engine.plan import Plan
from runner.nodes.base import NodeFailure

REAP_SECONDS = 5.0


class PipeOutlet:
    """Sends what the execution tells to the agent, and its questions."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._asked = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    def node_event(self, item: bytes) -> None:
        """See `Outlet`."""
        self._pipe.send(Frame.NODE_EVENT, item)

    def log_line(self, item: bytes) -> None:
        """See `Outlet`."""
        self._pipe.send_line(Frame.LOG_LINE, item)

    def artifact(self, file: StoredFile) -> None:
        """See `Outlet`."""
        self._pipe.send_json(Frame.ARTIFACT, file.as_json())

    @property
    def has_room(self) -> bool:
        """False while the agent does not take what was told."""
        return self._pipe.is_clear

    async def room(self) -> None:
        """Wait until the agent has taken most of it."""
        await self._pipe.drain()

    async def ask(self, question: Question) -> dict[str, Any]:
        """See `Outlet`."""
        self._asked += 1
        number = self._asked
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._pipe.send_json(Frame.QUESTION, {"number": number, "question": question.as_json()})
        try:
            answer: dict[str, Any] = await waiting
        finally:
            del self._waiting[number]
        return answer

    def take_answer(self, document: dict[str, Any]) -> None:
        """The agent answered; whoever asked may have been stopped since."""
        waiting = self._waiting.get(document["number"])
        if waiting is None or waiting.done():
            return
        failure = document["failure"]
        if failure is None:
            waiting.set_result(document["answer"])
        else:
            waiting.set_exception(NodeFailure(**failure))


def run(connection: socket.socket) -> None:
    """Serve one order on this connection to the agent."""
    adopt_orphans()
    asyncio.run(_serve(connection))


async def _serve(connection: socket.socket) -> None:
    pipe = await Pipe.over(connection)
    pipe.send(Frame.READY)
    frame = await pipe.receive()
    if frame is None or frame[0] is not Frame.RUN:
        return
    task = parse(frame[1])
    order = RunOrder.from_json(task["order"])
    os.environ[MARK] = order.attempt_id
    before = own_totals()
    outlet = PipeOutlet(pipe)
    graph_run = GraphRun(order, _plan(order), [load_call(call) for call in order.calls], outlet)
    async with asyncio.TaskGroup() as group:
        listener = group.create_task(_obey(pipe, graph_run, outlet))
        reaper = group.create_task(_reap())
        end = await graph_run.run(Path(task["workdir"]))
        if not any_stays():
            # What cast off its parents, its session and its mark; beside a program that stays nobody could tell it.
            await asyncio.to_thread(end_descendants)
        after = own_totals()
        pipe.send_json(Frame.END, _end_document(end, after.cpu_seconds - before.cpu_seconds, after.memory_peak))
        listener.cancel()
        reaper.cancel()
    await pipe.flush_and_close()


def _plan(order: RunOrder) -> Plan:
    # The agent has compiled it: it orders nothing that cannot run.
    return load_plan(Path(order.graph_path).read_bytes(), checked=True)


async def _reap() -> NoReturn:
    orphans = Orphans()
    while True:
        await asyncio.sleep(REAP_SECONDS)
        orphans.reap()


async def _obey(pipe: Pipe, graph_run: GraphRun, outlet: PipeOutlet) -> NoReturn:
    while True:
        frame = await pipe.receive()
        if frame is None:
            _end_with_group()
        kind, body = frame
        if kind is Frame.LEASE:
            graph_run.renew(parse(body)["until"])
        elif kind is Frame.STOP:
            graph_run.stop()
        elif kind is Frame.DEBUG:
            graph_run.debug(DebugWord.from_json(parse(body)))
        elif kind is Frame.ANSWER:
            outlet.take_answer(parse(body))


def _end_with_group() -> NoReturn:
    # The agent is gone: nobody may stop this work any more, so it must not go on.
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _end_document(end: End, cpu_seconds: float, memory_peak: int) -> dict[str, Any]:
    return {
        "status": end.status,
        "output": end.output_json.decode(),
        "failure": None if end.failure is None else end.failure.as_json(),
        "cpuSeconds": cpu_seconds,
        "memoryPeak": memory_peak,
        "suspension": None if end.suspension is None else end.suspension.as_json(),
    }


def _inherited(argument: str) -> socket.socket:
    """The connection the agent passed: a descriptor, or on Windows a socket shared by way of the standard input."""
    if sys.platform == "win32":
        return socket.fromshare(sys.stdin.buffer.read())
    return socket.socket(fileno=int(argument))


def main() -> None:
    """`python -m runner.agent.child.main DESCRIPTOR`: for platforms without the fork server."""
    signal.signal(signal.SIGTERM, lambda _signal, _frame: None)
    signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    warm_up()
    run(_inherited(sys.argv[1]))


if __name__ == "__main__":
    main()
