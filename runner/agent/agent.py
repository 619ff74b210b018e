"""Puts the agent together: recover, clean up, hold the session, conduct work, drain, leave.

Owns the order of starting and stopping and what the session asks of the agent as a whole (`SessionWork`).
"""

import asyncio
import gc
import hashlib
import signal
import uuid
from collections.abc import Coroutine, Sequence

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent.answering import Answering
from runner.agent.attempts import Attempts, Held
from runner.agent.child.makers import make_pool
from runner.agent.child.pool import ChildPool
from runner.agent.child.tree import Roster
from runner.agent.conduct import Conductor, Tools
from runner.agent.contact import Contact
from runner.agent.continuations import Continuations
from runner.agent.crash_points import CrashPoints
from runner.agent.credentials import CredentialReleases
from runner.agent.delivery import Delivery
from runner.agent.desk import OWNER, Desk, Sights
from runner.agent.disk_guard import DiskGuard
from runner.agent.folders import Folders
from runner.agent.graphs import Graphs
from runner.agent.grpc_transport import GrpcTransport
from runner.agent.housekeeping import Housekeeping
from runner.agent.identity import Identity
from runner.agent.journal import Journal
from runner.agent.lease import LeaseBook
from runner.agent.live import Enrolment
from runner.agent.model import Instruction, Offer, dump_json
from runner.agent.pausing import Pause, PauseSwitch
from runner.agent.recent import RecentRuns
from runner.agent.reporter import Reporter
from runner.agent.session import Session
from runner.agent.settings import RunnerSettings
from runner.agent.slots import Slots
from runner.agent.transport import HubRefusedError
from runner.agent.work_items import WorkItems
from runner.agent.workshop import Workshop
from runner.nodes import registry

SETTLE_SECONDS = 0.05

log = structlog.get_logger("runner.agent")


class Agent:
    """One runner. `run` returns after it has drained; `stop` asks for that, a second time without patience."""

    def __init__(self, settings: RunnerSettings, identity: Identity) -> None:
        self._settings = settings
        home = settings.home
        self._folders = Folders(home)
        self._journal = Journal.open(home)
        self._attempts = Attempts()
        self._attempts.recover(self._journal.take_recovered())
        self._recent = RecentRuns(self._folders.recent)
        self._recent.interrupted({held.attempt_id: held.finish for held in self._attempts if held.finish is not None})
        self._paused = PauseSwitch(home)
        self._contact = Contact()
        self._reporter = Reporter(self._attempts, self._journal, settings.unsent_bytes)
        self._session = Session(
            settings,
            lambda: GrpcTransport(identity.address, identity.ca, settings.answer_seconds),
            identity.credentials,
            str(uuid.uuid4()),
            self,
            self._reporter,
            self._contact,
        )
        self._pool: ChildPool | None = None
        self._conductor: Conductor | None = None
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining_for_hub = False
        guard = DiskGuard(self._journal, self._reporter, settings.disk_patience_seconds, self._give_up_for_disk)
        self._housekeeping = Housekeeping(settings, self._journal, self._attempts, self._session, guard, self._recent)
        self._slots = Slots(LeaseBook(settings.self_stop_margin_seconds), settings.stop_seconds)
        sights = Sights(
            self._attempts,
            self._slots,
            self._reporter,
            self._recent,
            self._contact,
            self._housekeeping,
            self._paused,
        )
        self.desk = Desk(identity.address, sights, self._session.pause_changed)
        """What the runner's owner sees and does."""
        self._stop = asyncio.Event()
        self._abort = asyncio.Event()

    def stop(self) -> None:
        """First call: take no more work, finish what runs. Second call: end what runs."""
        if self._stop.is_set():
            self._abort.set()
        self._stop.set()

    async def run(self) -> None:
        """Everything from cleaning up after an earlier agent to saying goodbye to the Hub."""
        try:
            killed = await asyncio.to_thread(Roster(self._folders.children).kill_leftovers)
            if killed:
                log.warning("killed what an earlier agent left running", processes=killed)
            self._folders.clean(keep={file.path for held in self._attempts for file in held.files.values()})
            self._pool = make_pool(self._folders.children, self._settings.child_start, self._settings.spare_children)
            self._pool.fill()
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._conductor = self.desk.conductor = self._make_conductor(group, self._pool)
                self._conductor.recover()
                for loop in (self._session.run(), self._slots.guard_leases(), self._housekeeping.run()):
                    self._start(loop)
                # What is loaded by now stays: each full collection would walk all of it, for tens of milliseconds.
                gc.collect()
                gc.freeze()
                await self._stop.wait()
                await self._drain(self._conductor)
                await self._session.goodbye()
                for task in self._tasks:
                    task.cancel()
                self._conductor.abandon()
        finally:
            if self._pool is not None:
                await self._pool.close()
            await self._housekeeping.save_recent()
            self._journal.close()

    def handle_signals(self) -> None:
        """SIGTERM and SIGINT stop the agent as `stop` does."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                loop.add_signal_handler(number, self.stop)
            except NotImplementedError:  # Windows
                signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(self.stop))

    # -- what the session asks (SessionWork) -------------------------------------------------------------------------

    def paused(self) -> Pause | None:
        """The owner's pause (see `SessionWork`)."""
        return self._paused.now

    def held(self) -> Sequence[Held]:
        """Every attempt that is told at Hello and in beats."""
        return list(self._attempts)

    def accepts_work(self) -> bool:
        """False while everything offered would be declined."""
        return not self._refusal()

    def free_slots(self) -> int:
        """How many offers would be accepted now."""
        return 0 if self._conductor is None else self._conductor.free_slots

    def enrolled(self, enrolment: Enrolment) -> None:
        """The Hub says how many slots this runner has."""
        hub_slots = max(1, enrolment.slots)
        self._slots.count = hub_slots if self._settings.slots is None else min(hub_slots, self._settings.slots)
        log.info("authenticated", runner=enrolment.name, labels=enrolment.labels, slots=self._slots.count)

    def welcomed(self, hub_incarnation: str) -> None:
        """Declare node types; give a restored Hub the results it may have lost."""
        self._start(self._declare_node_types())
        if hub_incarnation and self._housekeeping.incarnation_changed(hub_incarnation):
            self._start(self._housekeeping.replay())

    def offered(self, offers: Sequence[Offer]) -> None:
        """Work to take."""
        assert self._conductor is not None
        self._conductor.take(offers)

    def instructed(self, instructions: Sequence[Instruction], sent_at: float | None) -> None:
        """The Hub's words about attempts."""
        assert self._conductor is not None
        self._conductor.instruct(instructions, sent_at)
        if sent_at is not None and self._conductor.has_new_fenced():
            # Beats say nothing about work that stopped itself; the Hub settles it at Hello.
            self._session.say_hello_again("Telling the Hub about work that this runner stopped.")

    def asked_to_drain(self, draining: bool) -> None:
        """The Hub starts or ends a drain of this runner."""
        if draining != self._draining_for_hub:
            log.info("drain", draining=draining)
        self._draining_for_hub = self.desk.draining_for_hub = draining
        self._session.poll_soon()

    # -- parts --------------------------------------------------------------------------------------------------------

    def _make_conductor(self, group: asyncio.TaskGroup, pool: ChildPool) -> Conductor:
        answering = Answering(WorkItems(self._session, self._journal), CredentialReleases(self._session))
        workshop = Workshop(self._settings, self._folders, pool, self._reporter, self._journal, self._recent, answering)
        crash = CrashPoints(self._settings.crash_at)
        graphs = Graphs(self._folders.graphs, self._session)
        tools = Tools(
            attempts=self._attempts,
            journal=self._journal,
            slots=self._slots,
            reporter=self._reporter,
            session=self._session,
            delivery=Delivery(self._attempts, self._journal, self._reporter, self._session, crash),
            graphs=graphs,
            continuations=Continuations(self._folders.continuations, self._session, graphs),
            crash=crash,
            recent=self._recent,
            make_work=workshop.make,
            refuse=self._refusal,
        )
        return Conductor(tools, group)

    def _refusal(self) -> str:
        if self._stop.is_set() or self._draining_for_hub or self._paused.now is not None:
            return "DRAINING"
        return "DISK_FULL" if self._housekeeping.disk_full else ""

    def _give_up_for_disk(self) -> None:
        assert self._conductor is not None
        self._conductor.stop_for_disk()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        assert self._group is not None
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, conductor: Conductor) -> None:
        """Wait for what runs; stop it when time is up or at the second signal; wait for the results to be told."""
        log.info("draining", running=len(self._slots))
        self.desk.leaving = True
        self._session.poll_soon()
        if not await self._settle(self._settings.drain_seconds, conductor, self._abort):
            conductor.stop_all(OWNER)
            await self._settle(self._settings.stop_seconds + self._settings.answer_seconds, conductor, None)

    async def _settle(self, seconds: float, conductor: Conductor, unless: asyncio.Event | None) -> bool:
        """True when nothing runs and all is told, or cannot be told because there is no session: it is journalled."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + seconds
        while len(self._slots) or (conductor.untold and self._session.connected):
            if loop.time() >= ends_at or (unless is not None and unless.is_set()):
                return False
            await asyncio.sleep(SETTLE_SECONDS)
        return True

    async def _declare_node_types(self) -> None:
        declared = [
            dump_json(declaration.as_json(), sort_keys=True) for declaration in registry.declarations().values()
        ]
        sha256 = hashlib.sha256(b"\n".join(declared)).hexdigest()
        try:
            question = pb.DeclareNodeTypesRequest(sha256=sha256)
            answer = await self._session.request(lambda transport: transport.declare_node_types(question))
            if answer.wanted:
                full = pb.DeclareNodeTypesRequest(sha256=sha256, declarations_json=declared)
                await self._session.request(lambda transport: transport.declare_node_types(full))
        except HubRefusedError as refused:
            log.warning("node types refused", reason=str(refused))
