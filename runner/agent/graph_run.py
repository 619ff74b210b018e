"""Runs a compiled graph by the engine and says how it ended; the same inside the agent and in a process."""

import asyncio
import json
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runner.agent.model import DebugAction, DebugWord, End, Failure, Suspension, dump_json
from runner.agent.recorder import LeaseOverError, Recorder
from runner.agent.resuming import Known, read_known
from runner.agent.work import CallOrder, Outlet, RunOrder
from runner.engine.events import Outcome
from runner.engine.executor import Controls, execute
from runner.engine.messages import BreakpointsSet, Continued, DebugEvent, PauseAsked, Stepped
from runner.engine.plan import Plan, compile_plan
from runner.engine.request import CalledWorkflow, RunRequest
from runner.nodes import registry
from runner.workflow.graph_reader import parse_graph

WARM_UP_GRAPH = b"""{"schemaVersion": 1, "nodes": [
    {"id": "start", "type": "control.start", "config": {}},
    {"id": "set", "type": "data.set", "config": {"values": {"a": "{{ inputs.a }} {{ 1 + 1 }}"}}}],
    "edges": [{"id": "e", "from": "start", "port": "out", "to": "set"}], "output": {}}"""


def warm_up() -> None:
    """Do once what the first graph of a process would otherwise wait for: imports, schemas, caches."""
    load_plan(WARM_UP_GRAPH)


def load_plan(graph: bytes, *, checked: bool = False) -> Plan:
    """Compile a graph for the nodes of this runner; `checked` when that went well before. Raises InvalidGraphError."""
    return compile_plan(parse_graph(graph), registry.declarations(), checked=checked)


def load_call(call: CallOrder) -> CalledWorkflow:
    """A workflow that may be called, which was checked before it was ordered. Raises InvalidGraphError."""
    plan = load_plan(Path(call.graph_path).read_bytes(), checked=True)
    return CalledWorkflow(call.workflow_id, call.version, plan)


class GraphRun:
    """One run of one graph; `stop`, `renew` and `debug` may be called at any time.

    `calls` are the plans of `order.calls`, in their order.
    """

    def __init__(self, order: RunOrder, plan: Plan, calls: Sequence[CalledWorkflow], outlet: Outlet) -> None:
        self._order = order
        self._plan = plan
        self._calls = calls
        self._recorder = Recorder(order, outlet)
        self._controls = Controls()

    async def run(self, workdir: Path) -> End:
        """To the end, or to where it has to wait, in the folder `workdir`.

        Raises only CancelledError, which ends all nodes at once.
        """
        self._recorder.begin()
        try:
            folder = self._order.continuation
            known = Known() if folder is None else await asyncio.to_thread(read_known, Path(folder))
            request = self._request(workdir, known)
            outcome = await execute(self._plan, request, self._recorder, registry.node_types(), controls=self._controls)
        except LeaseOverError:
            return End("fenced")
        except Exception as error:  # noqa: BLE001 - a defect must end one execution, not the agent with all of them
            text = "".join(traceback.format_exception(error))
            message = f"The runner's engine failed: {error!r}. Report this with the details."
            return End("failed", failure=Failure("ENGINE_CRASHED", message, details={"traceback": text}))
        finally:
            self._recorder.end()
        return _end(outcome)

    def stop(self) -> None:
        """Ask for the end; `finally` bodies still run."""
        self._recorder.hurry()
        self._controls.stop()

    def renew(self, lease_until: float) -> None:
        """The lease was extended."""
        self._recorder.lease_until = lease_until

    def debug(self, word: DebugWord) -> None:
        """Pass on what the person who debugs says."""
        self._controls.debug(_debug_event(word))

    def _request(self, workdir: Path, known: Known) -> RunRequest:
        order = self._order
        seconds = order.timeout_seconds
        return RunRequest(
            execution_id=order.execution_id,
            workdir=workdir,
            workflow_id=order.workflow_id,
            attempt=order.run_attempt,
            inputs=json.loads(order.inputs or "{}"),
            variables=known.variables,
            globals=known.globals,
            details=json.loads(order.context or "{}"),
            deadline_at=datetime.now(UTC) + timedelta(seconds=seconds) if seconds > 0 else None,
            recorded=known.recorded,
            pins=self._plan.graph.pins if order.draft else {},
            remaining_seconds=known.remaining_seconds,
            calls={
                (call.workflow_id, call.asked_version): called
                for call, called in zip(order.calls, self._calls, strict=True)
            },
            debug=known.debug,
        )


def _debug_event(word: DebugWord) -> DebugEvent:
    match word.action:
        case DebugAction.STEP:
            return Stepped()
        case DebugAction.PAUSE:
            return PauseAsked()
        case DebugAction.BREAKPOINTS:
            return BreakpointsSet(frozenset(word.breakpoints))
        case _:
            return Continued(run_to=word.node_id or None)


def _end(outcome: Outcome) -> End:
    suspension = None
    if outcome.status == "suspended":
        suspension = Suspension([wait.as_json() for wait in outcome.waits], outcome.variables)
    return End(outcome.status, dump_json(outcome.output), outcome.failure, suspension=suspension)
