"""Makes what runs an attempt: inside the agent or in a process of its own, with an outlet for what it tells."""

from runner.agent.answering import Answering
from runner.agent.attempts import Held
from runner.agent.child.pool import ChildPool
from runner.agent.child.work import ChildWork
from runner.agent.continuations import Continuation
from runner.agent.folders import Folders, WorkingFolders
from runner.agent.graphs import Graph
from runner.agent.inline import InlineWork
from runner.agent.journal import Journal
from runner.agent.model import Offer
from runner.agent.outlet import HeldOutlet
from runner.agent.recent import RecentRuns
from runner.agent.refused_work import RefusedWork
from runner.agent.reporter import Reporter
from runner.agent.settings import RunnerSettings
from runner.agent.work import RunOrder, Work


class Workshop:
    """`make` is what conducting an attempt asks for."""

    def __init__(
        self,
        settings: RunnerSettings,
        folders: Folders,
        pool: ChildPool,
        reporter: Reporter,
        journal: Journal,
        recent: RecentRuns,
        answering: Answering,
    ) -> None:
        self._settings = settings
        self._folders = folders
        self._workdirs = WorkingFolders(folders.work)
        self._pool = pool
        self._reporter = reporter
        self._journal = journal
        self._recent = recent
        self._answering = answering

    def make(
        self, held: Held, offer: Offer, graph: Graph, continuation: Continuation | None, lease_until: float
    ) -> Work:
        """(attempt, its offer, its graph, what else it needs, instant of self-stop) → what runs it."""
        run = self._recent.begin(offer, graph.plan)
        outlet = HeldOutlet(held, self._reporter, self._journal, self._recent, run, self._answering)
        problem = graph.problem or (continuation.problem if continuation else "")
        if graph.plan is None or problem:
            return RefusedWork(problem)
        order = self._order(offer, graph, continuation, lease_until)
        if self._settings.inline and graph.inline and (continuation is None or continuation.inline):
            calls = continuation.calls if continuation else []
            return InlineWork(order, graph.plan, calls, outlet, self._workdirs)
        return ChildWork(order, self._pool, outlet, self._workdirs)

    def _order(self, offer: Offer, graph: Graph, continuation: Continuation | None, lease_until: float) -> RunOrder:
        return RunOrder(
            execution_id=offer.execution_id,
            attempt_id=offer.attempt_id,
            run_attempt=offer.run_attempt,
            graph_path=str(graph.path),
            workflow_id=offer.workflow_id,
            draft=offer.draft,
            inputs=offer.inputs_json.decode(),
            context=offer.context_json.decode(),
            timeout_seconds=offer.timeout_seconds,
            files_dir=str(self._folders.files),
            lease_until=lease_until,
            intervals_file=None if self._settings.intervals_file is None else str(self._settings.intervals_file),
            continuation=str(continuation.folder) if continuation else None,
            calls=continuation.orders if continuation else (),
        )
