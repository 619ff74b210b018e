"""Passes the words of a person who debugs an execution on to its runner, which alone holds the state of it."""

from typing import TYPE_CHECKING

from services.kit.errors import FieldError, invalid
from services.kit.ids import is_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.continuations import repository
from services.scheduler.continuations.errors import not_debuggable, runner_unreachable
from services.scheduler.continuations.model import DebugAction, DebugWord
from services.scheduler.executions.errors import execution_not_found
from services.scheduler.executions.lifecycle import Status
from services.scheduler.executions.model import Instruction, Mode, Order, Push
from services.scheduler.executions.offers import Courier
from services.scheduler.executions.repository import queries
from services.scheduler.executions.repository.queries import View

if TYPE_CHECKING:
    from services.kit.postgres import Pool

MAXIMUM_BREAKPOINTS = 2_000


class Debugging:
    """Words go to the runner that holds the execution's attempt."""

    def __init__(self, pool: "Pool", courier: Courier, outbox: Outbox) -> None:
        self._pool = pool
        self._courier = courier
        self._outbox = outbox

    async def say(self, execution_id: str, word: DebugWord) -> View:
        """Raises EXECUTION_NOT_FOUND, NOT_DEBUGGABLE, RUNNER_UNREACHABLE, INVALID."""
        _check(word)
        async with self._pool.acquire() as connection, connection.transaction():
            view = await queries.get(connection, execution_id) if is_id(execution_id) else None
            if view is None:
                raise execution_not_found()
            if view.mode is not Mode.INTERACTIVE:
                raise not_debuggable("Only interactive executions can be debugged. Run it from the Studio.")
            holder = (
                await connection.fetchrow(repository.HOLDER, execution_id) if view.status == Status.RUNNING else None
            )
            if holder is None:
                raise not_debuggable(f"The execution is {view.status}; only one that runs can be debugged.")
            details = {"action": word.action.lower(), "nodeId": word.node_id}
            resource = Resource("execution", execution_id, view.workflow_name)
            await self._outbox.record(connection, "execution.debugged", resource, details)
        instruction = Instruction(execution_id, holder["attempt_id"], Order.DEBUG, debug=word)
        push = Push(holder["runner_id"], holder["epoch"], holder["registry_address"], instruction)
        if not await self._courier.instruct([push]):
            raise runner_unreachable()
        return view


def _check(word: DebugWord) -> None:
    if word.action is DebugAction.RUN_TO and not word.node_id:
        raise invalid("Say to which node.", FieldError("/nodeId", "Name the node to pause before."))
    if len(word.breakpoints) > MAXIMUM_BREAKPOINTS:
        raise invalid("These are too many.", FieldError("/breakpoints", f"Give at most {MAXIMUM_BREAKPOINTS}."))
