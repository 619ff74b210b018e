"""What is alive while an execution runs: scopes (one run of a level), frames (what it can see), runs of nodes.

Owns the data of the state machine. How it changes is the subject of `state`, `loops` and `tries`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.engine.events import Failure, LoopPath
from runner.engine.plan import PlanLevel, PlanNode
from runner.workflow.documents import Json
from runner.workflow.evaluation import MissingError, Namespace, shown_keys


class Space:
    """What one workflow has to itself while it runs: the execution's own, or one that a node calls.

    `prefix` stands before the ids of its nodes in everything that is told. `variables` is replaced at each write, never
    changed. `chain` are the ids of the workflows around, its own last.
    """

    __slots__ = ("caller", "chain", "inputs", "prefix", "variables")

    def __init__(
        self,
        inputs: Mapping[str, Json],
        variables: Mapping[str, Json],
        chain: tuple[str, ...] = (),
        caller: "NodeRun | None" = None,
    ) -> None:
        self.inputs = dict(inputs)
        self.variables = dict(variables)
        self.chain = chain
        self.caller = caller
        self.prefix = f"{caller.id}/" if caller else ""


class Frame:
    """What the nodes of a scope see: outputs of nodes, and the loops around. A try shares the frame around it."""

    __slots__ = ("in_loop", "index", "item", "loop", "outputs", "parent", "space")

    def __init__(
        self, space: Space, parent: "Frame | None" = None, loop: tuple[str, dict[str, Json]] | None = None
    ) -> None:
        self.space = space
        self.parent = parent
        self.outputs: dict[str, dict[str, Json]] = {}
        self.loop = loop
        """The loop this frame is a turn of: its id and what `loops.<id>` answers."""
        self.item: Json = parent.item if parent else None
        self.index: int = parent.index if parent else 0
        self.in_loop: bool = parent.in_loop if parent else False

    def enclosing(self) -> "Iterator[Frame]":
        """This frame and those around it, innermost first."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent


class NodesSeen(Namespace):
    """`nodes` in expressions: `nodes.<id>` answers an object with `output`."""

    __slots__ = ("_frame",)

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def lookup(self, key: str) -> Json:
        """The node's last run in this scope or one around it. Raises MissingError when there is none."""
        frame: Frame | None = self._frame
        while frame is not None:
            found = frame.outputs.get(key)
            if found is not None:
                return found
            frame = frame.parent
        seen = [node for frame in self._frame.enclosing() for node in frame.outputs]
        raise MissingError(f"The node {key!r} has not run here; these have: {shown_keys(seen)}.")


class LoopsSeen(Namespace):
    """`loops` in expressions: `loops.<id>` answers `item` and `index` of a loop around."""

    __slots__ = ("_frame",)

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def lookup(self, key: str) -> Json:
        """The loop's current turn. Raises MissingError when the node is in no such loop."""
        around = [frame.loop for frame in self._frame.enclosing() if frame.loop]
        for loop, turn in around:
            if loop == key:
                return turn
        raise MissingError(f"There is no loop {key!r} around; there are: {shown_keys(loop for loop, _ in around)}.")


class Scope:
    """One run of a level. `owner` is the container it belongs to, None at the top."""

    __slots__ = (
        "aborting",
        "active",
        "failure",
        "frame",
        "level",
        "over",
        "owner",
        "path",
        "taken",
        "undecided",
        "waiting",
    )

    def __init__(self, level: PlanLevel, frame: Frame, path: LoopPath, owner: Any = None) -> None:
        self.level = level
        self.frame = frame
        self.path = path
        self.owner = owner
        self.waiting = list(level.incoming)
        """Edges into each node that are not decided yet."""
        self.taken = bytearray(len(level.nodes))
        self.undecided = len(level.nodes)
        self.active: set[NodeRun] = set()
        self.aborting = False
        self.over = False
        self.failure: Failure | None = None


class NodeRun:
    """One run of one node in one scope. Identity is what counts: there is one for each."""

    __slots__ = ("node", "scope")

    def __init__(self, scope: Scope, node: PlanNode) -> None:
        self.scope = scope
        self.node = node

    @property
    def id(self) -> str:
        """The node's id as it is told: after those of the nodes that called its workflow."""
        prefix = self.scope.frame.space.prefix
        return prefix + self.node.id if prefix else self.node.id

    @property
    def path(self) -> LoopPath:
        """The loops around."""
        return self.scope.path

    def __repr__(self) -> str:
        turns = "".join(f"{loop}[{index}]/" for loop, index in self.scope.path)
        return f"<{type(self).__name__} {turns}{self.id}>"
