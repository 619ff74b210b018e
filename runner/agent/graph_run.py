"""Runs a compiled graph by the engine and says how it ended; the same inside the agent and in a process."""

import json
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runner.agent.model import End, Failure, dump_json
from runner.agent.recorder import LeaseOverError, Recorder
from runner.agent.work import Outlet, RunOrder
from runner.engine import events as engine_events
from runner.engine.executor import StopSignal, execute
from runner.engine.plan import Plan, compile_plan
from runner.nodes import registry
from runner.workflow.graph_reader import parse_graph

WARM_UP_GRAPH = b"""{"schemaVersion": 1, "nodes": [
    {"id": "start", "type": "control.start", "config": {}},
    {"id": "set", "type": "data.set", "config": {"values": {"a": "{{ inputs.a }} {{ 1 + 1 }}"}}}],
    "edges": [{"id": "e", "from": "start", "port": "out", "to": "set"}], "output": {}}"""


def warm_up() -> None:
    """Do once what the first graph of a process would otherwise wait for: imports, schemas, caches."""
    load_plan(WARM_UP_GRAPH)


def load_plan(graph: bytes) -> Plan:
    """Compile a graph for the nodes of this runner. Raises InvalidGraphError."""
    return compile_plan(parse_graph(graph), registry.declarations())


class GraphRun:
    """One run of one graph; `stop` and `renew` may be called at any time."""

    def __init__(self, order: RunOrder, plan: Plan, outlet: Outlet) -> None:
        self._order = order
        self._plan = plan
        self._recorder = Recorder(order, outlet)
        self._stop = StopSignal()

    async def run(self, workdir: Path) -> End:
        """From the first node to the last, in the folder `workdir`.

        Raises only CancelledError, which ends all nodes at once.
        """
        self._recorder.begin()
        try:
            outcome = await execute(
                self._plan, _request(self._order, workdir), self._recorder, registry.node_types(), stop=self._stop
            )
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
        self._stop.stop()

    def renew(self, lease_until: float) -> None:
        """The lease was extended."""
        self._recorder.lease_until = lease_until


def _request(order: RunOrder, workdir: Path) -> engine_events.RunRequest:
    deadline = datetime.now(UTC) + timedelta(seconds=order.timeout_seconds) if order.timeout_seconds > 0 else None
    return engine_events.RunRequest(
        execution_id=order.execution_id,
        workdir=workdir,
        attempt=order.run_attempt,
        inputs=json.loads(order.inputs or "{}"),
        details=json.loads(order.context or "{}"),
        deadline_at=deadline,
    )


def _end(outcome: engine_events.Outcome) -> End:
    failure = None if outcome.failure is None else Failure.from_json(outcome.failure.as_json())
    return End(outcome.status, dump_json(outcome.output), failure)
