"""An execution whose graph cannot run on this runner: it fails at once, as data that names the reason."""

from runner.agent.model import DebugWord, End, Failure


class RefusedWork:
    """See `Work`."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    async def run(self) -> End:
        """Fail."""
        message = f"This runner cannot run the workflow: {self._problem}. Update the runner, or correct the workflow."
        return End("failed", failure=Failure("GRAPH_INVALID", message))

    def stop(self) -> None:
        """There is nothing to stop."""

    def kill(self) -> None:
        """There is nothing to kill."""

    def renew(self, lease_until: float) -> None:
        """There is nothing that could go on."""

    def debug(self, word: DebugWord) -> None:
        """There is nothing to debug."""
