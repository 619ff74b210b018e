"""Draws small graphs and runs them on the real engine with a sink that keeps everything."""

import asyncio
import base64
import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from runner.engine.credentials import RELEASE
from runner.engine.events import LogLine, LoopPath, NodeEvent, Outcome
from runner.engine.executor import Controls, execute
from runner.engine.plan import compile_plan
from runner.engine.request import CalledWorkflow, RunRequest
from runner.nodes.base import Artifact, NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.registry import declarations, node_types
from runner.workflow.documents import Json
from runner.workflow.graph_reader import graph_from
from runner.workflow.release import seal_release

START = {"id": "s", "type": "control.start"}


class FlakyConfig(NodeConfig):
    """Fails so many times before it succeeds."""

    failures: int = 1
    retryable: bool = True
    value: Any = None


class Flaky(NodeType[FlakyConfig]):
    """A node that fails at first."""

    type = "test.flaky"
    title = "Flaky"
    help = "Fails at first."
    icon = "bug"
    config = FlakyConfig
    example: ClassVar[dict[str, Any]] = {}
    repeatable = True

    async def run(self, config: FlakyConfig, context: NodeContext) -> Result:
        """Fail or answer the number of the try."""
        if context.try_number <= config.failures:
            raise NodeFailure("FLAKY", f"try {context.try_number} failed", retryable=config.retryable)
        context.log("info", f"done at try {context.try_number}")
        return Result(output={"try": context.try_number, "value": config.value})


class WaitConfig(NodeConfig):
    """Waits for ever, or crashes when stopped."""

    ignore_stop: bool = False


class Wait(NodeType[WaitConfig]):
    """A node that only a stop ends."""

    type = "test.wait"
    title = "Wait"
    help = "Waits."
    icon = "bug"
    config = WaitConfig
    example: ClassVar[dict[str, Any]] = {}

    async def run(self, config: WaitConfig, context: NodeContext) -> Result:
        """Wait."""
        if config.ignore_stop:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            return Result(output="ended by itself")
        await asyncio.Event().wait()
        return Result()


class AnyConfig(NodeConfig):
    """Whatever a test wants back."""

    output: Any = None
    raises: str = ""
    port: str = "out"


class Echo(NodeType[AnyConfig]):
    """A node that misbehaves on demand."""

    type = "test.echo"
    title = "Echo"
    help = "Answers its config."
    icon = "bug"
    config = AnyConfig
    example: ClassVar[dict[str, Any]] = {}

    async def run(self, config: AnyConfig, context: NodeContext) -> Result:
        """Answer after giving others a turn."""
        await asyncio.sleep(0)
        if config.raises:
            raise ValueError(config.raises)
        return Result(output={1, 2} if config.output == "a set" else config.output, port=config.port)


class SendConfig(NodeConfig):
    """What goes where."""

    url: str
    token: str


class Send(NodeType[SendConfig]):
    """A node that says where it sends what it gets, and sends nothing."""

    type = "test.send"
    title = "Send"
    help = "Sends nothing."
    icon = "bug"
    config = SendConfig
    example: ClassVar[dict[str, Any]] = {"url": "https://example.com", "token": "t"}

    async def run(self, config: SendConfig, context: NodeContext) -> Result:
        """Do nothing."""
        return Result(output=len(config.token))


TEST_NODES = {node.type: node() for node in (Flaky, Wait, Echo, Send)}
NODES = {**node_types(), **TEST_NODES}
CATALOGUE = {**declarations(), **{name: node.declaration() for name, node in TEST_NODES.items()}}


@dataclass
class Witness:
    """A sink that keeps what it is told, and writes artifacts to memory."""

    events: list[NodeEvent] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    tries: int = 0
    fail_at_try: int | None = None
    on_event: Any = None
    vault: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Values of credentials by name and field."""
    hosts: tuple[str, ...] = ()
    """What all credentials are limited to."""
    released: list[tuple[str, str]] = field(default_factory=list)
    """Who asked for which credential."""

    def node_event(self, event: NodeEvent) -> None:
        self.events.append(event)
        if self.on_event:
            self.on_event(event)

    def log(self, line: LogLine) -> None:
        self.lines.append(line)

    async def before_node(self) -> None:
        self.tries += 1
        if self.tries == self.fail_at_try:
            raise LeaseLostError

    async def attach(self, node_id: str, path: Path, name: str, media_type: str) -> Artifact:
        self.artifacts[name] = await asyncio.to_thread(path.read_bytes)
        return Artifact(f"a{len(self.artifacts)}", name, len(self.artifacts[name]), "00", media_type)

    async def ask(self, kind: str, node_id: str, _path: LoopPath, body: Any) -> Json:
        """As the Hub answers: sealed, or a refusal."""
        assert kind == RELEASE, kind
        self.released.append((node_id, body["name"]))
        if body["name"] not in self.vault:
            raise NodeFailure("CREDENTIAL_NOT_FOUND", f"There is no credential {body['name']!r}. Make it in the vault.")
        document = json.dumps({"fields": dict(self.vault[body["name"]]), "hosts": self.hosts}).encode()
        sealed = seal_release(document, base64.b64decode(body["publicKey"]), "e1", body["name"])
        return {"sealed": base64.b64encode(sealed).decode()}

    def story(self) -> list[str]:
        """The ends of node runs in their order, as `id:status`, with the turns of the loops around as `l0/`."""
        return [
            "".join(f"{loop}{index}/" for loop, index in event.path) + f"{event.node_id}:{event.status}"
            for event in self.events
            if event.status != "running"
        ]

    def output_of(self, node_id: str) -> Json:
        """The output of the last completed run of a node."""
        return [e.output for e in self.events if e.node_id == node_id and e.status == "completed"][-1]


class LeaseLostError(Exception):
    """What the agent's sink raises when the execution must not go on."""


@dataclass
class Ran:
    """What became of a run."""

    outcome: Outcome
    witness: Witness

    @property
    def story(self) -> list[str]:
        return self.witness.story()


def node(node_id: str, node_type: str, config: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """One node; further fields by their names in JSON (`finally_` for finally)."""
    named = {key.rstrip("_"): value for key, value in more.items()}
    return {"id": node_id, "type": node_type, "config": dict(config or {}), **named}


def level(nodes: list[dict[str, Any]], edges: str = "") -> dict[str, Any]:
    """A level; edges as in `a>b b:error>c`."""
    drawn = []
    for edge in edges.split():
        source, _, target = edge.partition(">")
        source, _, port = source.partition(":")
        drawn.append({"id": f"{source}-{port}-{target}", "from": source, "port": port or "out", "to": target})
    return {"nodes": nodes, "edges": drawn}


def graph(nodes: list[dict[str, Any]], edges: str = "", variables: str = "", **more: Any) -> dict[str, Any]:
    """A graph with a start `s`; without edges the nodes stand in a row. Variables begin with 0."""
    row = edges or " ".join(f"{a}>{b}" for a, b in pairwise(["s", *(n["id"] for n in nodes)]))
    declared = [{"name": name, "initial": 0} for name in variables.split()]
    return {"schemaVersion": 1, **level([START, *nodes], row), "variables": declared, **more}


def put(node_id: str, **values: Any) -> dict[str, Any]:
    """A node that sets variables."""
    return node(node_id, "data.set", {"values": values})


def compute(node_id: str, expression: Any, **more: Any) -> dict[str, Any]:
    """A node whose output is the value of an expression."""
    return node(node_id, "data.transform", {"expression": expression}, **more)


def fail(node_id: str = "bad", **more: Any) -> dict[str, Any]:
    """A node that fails."""
    return compute(node_id, "1 / 0", **more)


def fail_later(node_id: str = "bad", **more: Any) -> dict[str, Any]:
    """A node that gives others a turn before it fails."""
    return node(node_id, "test.echo", {"raises": "broken"}, **more)


async def run(document: Mapping[str, Any], witness: Witness | None = None, **more: Any) -> Ran:
    """Run a graph to its end; `controls` are Controls, `called` graphs by id, all else goes into the request."""
    plan = compile_plan(graph_from(json.loads(json.dumps(document))), CATALOGUE)
    witness = witness or Witness()
    controls: Controls | None = more.pop("controls", None)
    called = {
        (name, 0): CalledWorkflow(name, 1, compile_plan(graph_from(json.loads(json.dumps(each))), CATALOGUE))
        for name, each in more.pop("called", {}).items()
    }
    with tempfile.TemporaryDirectory() as folder:
        request = RunRequest(execution_id="e1", workdir=Path(folder), calls=called, **more)
        async with asyncio.timeout(20):
            outcome = await execute(plan, request, witness, NODES, controls=controls)
    check_story(witness.events)
    return Ran(outcome, witness)


def check_story(events: list[NodeEvent]) -> None:
    """What holds for every execution: dense numbers, and a run that begins ends, once."""
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    phases: dict[tuple[Any, ...], str] = {}
    for event in events:
        key = (event.node_id, event.path)
        before = phases.get(key)
        allowed = {
            "paused": (None,),
            "running": (None, "retried", "paused"),
            "skipped": (None,),
            "reused": (None,),
            "retried": ("running",),
            "completed": ("running",),
            "failed": ("running",),
            "stopped": ("running", "retried", "paused"),
            "waiting": ("running",),
        }[event.status]
        if event.node_type == "control.approval":
            allowed = (*allowed, None)  # decided since an earlier attempt
        assert before in allowed, f"{key}: {event.status} after {before}"
        phases[key] = event.status
    assert not [key for key, status in phases.items() if status in ("running", "retried")], phases
