"""Takes in what an attempt's execution tells: into its state, the journal and the reporter."""

from runner.agent.attempts import Held, artifact_record
from runner.agent.journal import Journal
from runner.agent.model import StoredFile
from runner.agent.reporter import Reporter


class HeldOutlet:
    """The `Outlet` of one attempt in the agent."""

    def __init__(self, held: Held, reporter: Reporter, journal: Journal) -> None:
        self._held = held
        self._reporter = reporter
        self._journal = journal

    def node_event(self, item: bytes) -> None:
        """Keep and send; remember which node is at work."""
        self._held.last_event = item
        self._reporter.node_event(self._held, item)

    def log_line(self, item: bytes) -> None:
        """Keep and send."""
        self._reporter.log_line(self._held, item)

    def artifact(self, file: StoredFile) -> None:
        """Note it for the upload."""
        self._held.files[file.id] = file
        self._journal.append(artifact_record(self._held.attempt_id, file))

    async def room(self) -> None:
        """Wait while too much waits for the Hub."""
        await self._reporter.room()
