"""What certainly has run when a node runs: the analysis behind "may not have run".

Sets of nodes are bits of whole numbers, so that 2,000 nodes cost milliseconds. Expects levels without cycles; nodes in
cycles are left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from runner.workflow import declarations
from runner.workflow.declarations import ERROR_PORT, Catalogue
from runner.workflow.graph import Edge, Graph, Level, Node
from runner.workflow.ordering import topological_order

_ALL = -1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: the containers around it from the outside in, each with the name of the level inside."""

    containers: tuple[tuple[Node, str], ...] = ()

    @property
    def loops(self) -> tuple[str, ...]:
        """The ids of the loops around, outermost first."""
        return tuple(node.id for node, _ in self.containers if node.type in declarations.LOOP_TYPES)

    @property
    def in_for_each(self) -> bool:
        """Whether `item` and `index` mean something."""
        return any(node.type == declarations.CONTROL_FOR_EACH for node, _ in self.containers)


@dataclass(slots=True)
class Flow:
    """The analysis of one graph. All sets are bits; `bit` gives each node's."""

    bit: dict[str, int] = field(default_factory=dict)
    place: dict[str, Place] = field(default_factory=dict)
    certain: dict[str, int] = field(default_factory=dict)
    """What has certainly run before each node, enclosing levels included."""
    before: dict[str, int] = field(default_factory=dict)
    """What is decided before each node in its own level: run or skipped."""
    ancestors: dict[str, int] = field(default_factory=dict)
    """Everything in its own level that leads to each node."""
    branches: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    """The (node, port) choices without which each node does not run."""
    at_end: int = 0
    """What has certainly run when the execution completes."""

    def may_run_together(self, first: str, second: str) -> bool:
        """Whether two nodes of one level can both run, in any order."""
        if self.ancestors[first] & self.bit[second] or self.ancestors[second] & self.bit[first]:
            return False
        chosen = dict(self.branches[first])
        return all(chosen.get(node, port) == port for node, port in self.branches[second])


def analyse(graph: Graph, catalogue: Catalogue) -> Flow:
    """Analyse a graph; it may have problems of any other kind."""
    analysis = _Analysis(catalogue)
    analysis.place_nodes(graph.top, Place())
    analysis.flow.at_end = analysis.inside(graph.top)
    analysis.forward(graph.top, known=0)
    return analysis.flow


class _Analysis:
    """First inwards: what follows from a node (`inside`). Then outwards: what precedes it (`forward`)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.flow = Flow()
        self._catalogue = catalogue
        self._own: dict[str, int] = {}
        self._follows: dict[str, int] = {}
        self._follows_port: dict[tuple[str, str], int] = {}
        self._inner: dict[str, int] = {}
        self._level_certain: dict[str, int] = {}

    def place_nodes(self, level: Level, place: Place) -> None:
        """Give every node its bit and its place."""
        for node in level.nodes:
            self.flow.bit.setdefault(node.id, 1 << len(self.flow.bit))
            self.flow.place[node.id] = place
            for name, inner in node.containers.items():
                self.place_nodes(inner, Place((*place.containers, (node, name))))

    # -- what certainly runs once a node runs ---------------------------------------------------------------------

    def inside(self, level: Level) -> int:
        """What certainly has run when a level has ended well."""
        links = _Links(level)
        for node in level.nodes:
            self._own[node.id] = self._ran(node)
        for node in reversed(links.order):
            self._follow(node, links)
        certain = _union(self._follows[node.id] for node in links.order if not links.into[node.id])
        self._level_certain[level.pointer] = certain
        return certain

    def _ran(self, node: Node) -> int:
        """The node and what inside it certainly has run when it was left by a port other than `error`."""
        levels = {name: self.inside(inner) for name, inner in node.containers.items()}
        self._inner[node.id] = _union(
            self.flow.bit[inner.id] | self._inner.get(inner.id, 0)
            for level in node.containers.values()
            for inner in level.nodes
        )
        if node.disabled:
            return 0
        bits = self.flow.bit[node.id]
        if node.type == declarations.CONTROL_TRY and node.on_error == "fail":
            bits |= levels.get("finally", 0)
            if "catch" not in levels:
                bits |= levels.get("body", 0)
        return bits

    def _follow(self, node: Node, links: "_Links") -> None:
        after = []
        for port in self._ports(node):
            targets = (self._follows[edge.target] for edge in links.out[node.id] if edge.port == port)
            bits = self._follows_port[node.id, port] = _union(targets)
            after.append(bits)
        self._follows[node.id] = self._own[node.id] | (reduce(int.__and__, after) if after else 0)

    def _ports(self, node: Node) -> tuple[str, ...]:
        """The ports a node can be left by, exactly one at a time."""
        declaration = self._catalogue.get(node.type)
        ports = declaration.ports_for(node.config) if declaration else ("out",)
        if node.disabled:
            return ("out",) if "out" in ports or not ports else ports[:1]
        return (*ports, ERROR_PORT) if node.on_error == "errorPort" else ports

    # -- what certainly has run before a node ---------------------------------------------------------------------

    def forward(self, level: Level, known: int) -> None:
        """Fill in the flow for a level and everything inside it; `known` has certainly run before it."""
        links, flow = _Links(level), self.flow
        with_all: dict[str, int] = {}
        for node in links.order:
            edges = [edge for edge in links.into[node.id] if edge.port in self._ports(links.nodes[edge.source])]
            together = [with_all[edge.source] | self._follows_port[edge.source, edge.port] for edge in edges]
            run_too = reduce(int.__and__, together, _ALL) if edges else self._level_certain[level.pointer]
            with_all[node.id] = run_too | self._follows[node.id]
            decided = [
                flow.before[edge.source] | flow.bit[edge.source] | self._shared_inside(links.nodes[edge.source])
                for edge in links.into[node.id]
            ]
            flow.ancestors[node.id] = _union(
                flow.ancestors[edge.source] | flow.bit[edge.source] for edge in links.into[node.id]
            )
            flow.before[node.id] = reduce(int.__and__, decided, _ALL) if _waits_for_any(node) else _union(decided)
            flow.certain[node.id] = known | (with_all[node.id] & flow.before[node.id])
            flow.branches[node.id] = self._branches(edges)
            self._go_inside(node)

    def _branches(self, edges: list[Edge]) -> frozenset[tuple[str, str]]:
        choices = [self.flow.branches[edge.source] | {(edge.source, edge.port)} for edge in edges]
        return reduce(frozenset.__and__, choices) if choices else frozenset()

    def _shared_inside(self, node: Node) -> int:
        # The levels of a try share the frame around it; what a loop's body did is not seen from outside.
        return self._inner[node.id] if node.type == declarations.CONTROL_TRY else 0

    def _go_inside(self, node: Node) -> None:
        known = self.flow.certain[node.id]
        for name, level in node.containers.items():
            self.forward(level, known | (self.flow.bit[node.id] if name == "catch" else 0))


class _Links:
    """The edges of a level by node, without those that lead nowhere."""

    def __init__(self, level: Level) -> None:
        self.nodes: Mapping[str, Node] = {node.id: node for node in level.nodes}
        self.out: dict[str, list[Edge]] = {node.id: [] for node in level.nodes}
        self.into: dict[str, list[Edge]] = {node.id: [] for node in level.nodes}
        for edge in level.edges:
            if edge.source in self.nodes and edge.target in self.nodes:
                self.out[edge.source].append(edge)
                self.into[edge.target].append(edge)
        ids = list(self.nodes)
        index = {node_id: position for position, node_id in enumerate(ids)}
        order = topological_order(
            [len(self.into[node_id]) for node_id in ids],
            [[index[edge.target] for edge in self.out[node_id]] for node_id in ids],
        )
        self.order = [self.nodes[ids[position]] for position in order]
        ordered = {node.id for node in self.order}
        for edges in (self.out, self.into):
            for node_id, kept in edges.items():
                edges[node_id] = [edge for edge in kept if edge.source in ordered and edge.target in ordered]


def _waits_for_any(node: Node) -> bool:
    return node.type == declarations.CONTROL_JOIN and node.config.get("mode") == "any"


def _union(sets: Iterable[int]) -> int:
    return reduce(int.__or__, sets, 0)
