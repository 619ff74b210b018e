"""Takes in what an attempt's execution tells: into its state, the journal, the reporter, and what
the runner's owner sees."""

from typing import Any

from runner.agent.answering import Answering
from runner.agent.attempts import Held, artifact_record
from runner.agent.journal import Journal
from runner.agent.model import StoredFile
from runner.agent.recent import RecentRuns, Run
from runner.agent.reporter import Reporter
from runner.agent.work import Question


class HeldOutlet:
    """The `Outlet` of one attempt in the agent."""

    def __init__(
        self,
        held: Held,
        reporter: Reporter,
        journal: Journal,
        recent: RecentRuns,
        run: Run,
        answering: Answering,
    ) -> None:
        self._held = held
        self._reporter = reporter
        self._journal = journal
        self._recent = recent
        self._run = run
        self._answering = answering

    def node_event(self, item: bytes) -> None:
        """Keep and send; remember which node is at work."""
        self._held.last_event = item
        self._reporter.node_event(self._held, item)

    def log_line(self, item: bytes) -> None:
        """Keep and send."""
        self._reporter.log_line(self._held, item)
        self._run.say(item)

    def artifact(self, file: StoredFile) -> None:
        """Note it for the upload."""
        self._held.files[file.id] = file
        self._journal.append(artifact_record(self._held.attempt_id, file))
        self._recent.keep_picture(self._run, file)

    @property
    def has_room(self) -> bool:
        """False while too much waits for the Hub, or for the disk."""
        return self._reporter.has_room

    async def room(self) -> None:
        """Wait while too much waits for the Hub."""
        await self._reporter.room()

    async def ask(self, question: Question) -> dict[str, Any]:
        """By way of the Hub. Raises NodeFailure."""
        return await self._answering.answer(self._held, question)
