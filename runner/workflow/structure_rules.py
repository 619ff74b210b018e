"""Judges how a graph is put together: start, types, levels, edges, ports, cycles, reachability."""

from collections.abc import Iterator

from runner.workflow import declarations
from runner.workflow.declarations import ERROR_PORT, Catalogue
from runner.workflow.graph import Edge, Graph, Level, Node
from runner.workflow.ordering import topological_order
from runner.workflow.problems import Problem


def structure_problems(graph: Graph, catalogue: Catalogue) -> Iterator[Problem]:
    """Everything that is wrong with nodes and edges as such."""
    levels = {node.id: level for level in _levels(graph.top) for node in level.nodes}
    yield from _start_problems(graph)
    for level in _levels(graph.top):
        for node in level.nodes:
            yield from _node_problems(node, catalogue)
        for edge in level.edges:
            yield from _edge_problems(edge, level, levels, catalogue)
        yield from _cycle_problems(level)
    yield from _unreachable(graph)


def _levels(level: Level) -> Iterator[Level]:
    yield level
    for node in level.nodes:
        for inner in node.containers.values():
            yield from _levels(inner)


def _start_problems(graph: Graph) -> Iterator[Problem]:
    at_top = [node for node in graph.top.nodes if node.type == declarations.CONTROL_START]
    if not at_top:
        yield Problem(None, "/nodes", "The workflow has no start: put one control.start at the top.")
    for node in at_top[1:]:
        yield Problem(node.id, node.pointer, f"The workflow has one start only; {at_top[0].id!r} is one already.")
    for node in at_top:
        if node.disabled:
            yield Problem(node.id, node.pointer + "/disabled", "The start cannot be disabled.")
        for edge in graph.top.edges:
            if edge.target == node.id:
                yield Problem(node.id, edge.pointer, "No edge may lead to the start.")
    for node in graph.top.walk():
        if node.type == declarations.CONTROL_START and node not in at_top:
            yield Problem(
                node.id, node.pointer, "A start stands at the top only; inside a container nothing needs one."
            )


def _node_problems(node: Node, catalogue: Catalogue) -> Iterator[Problem]:
    declaration = catalogue.get(node.type)
    if declaration is None:
        yield Problem(node.id, node.pointer + "/type", f"There is no node type {node.type!r}.")
        return
    for name, level in node.containers.items():
        if name not in declaration.containers:
            yield Problem(node.id, level.pointer, f"A node of type {node.type} has no {name!r}.")
    if "body" in declaration.containers and "body" not in node.containers:
        yield Problem(node.id, node.pointer, f"A node of type {node.type} needs a 'body'.")
    if node.type == declarations.CONTROL_TRY and not node.containers.keys() & {"catch", "finally"}:
        message = "This try has neither catch nor finally, so it changes nothing."
        yield Problem(node.id, node.pointer, message, "warning")


def _edge_problems(edge: Edge, level: Level, levels: dict[str, Level], catalogue: Catalogue) -> Iterator[Problem]:
    for key, node_id in (("from", edge.source), ("to", edge.target)):
        if node_id not in levels:
            yield Problem(None, f"{edge.pointer}/{key}", f"There is no node {node_id!r}.")
        elif levels[node_id] is not level:
            message = f"The edge crosses the border of a container: {node_id!r} stands in another level."
            yield Problem(node_id, f"{edge.pointer}/{key}", message)
    source = next((node for node in level.nodes if node.id == edge.source), None)
    declaration = catalogue.get(source.type) if source else None
    if source is None or declaration is None:
        return
    ports = declaration.ports_for(source.config)
    if source.on_error == "errorPort":
        ports = (*ports, ERROR_PORT)
    if edge.port not in ports:
        there_are = f"there are: {', '.join(ports)}" if ports else "it has none"
        hint = " Set its onError to errorPort." if edge.port == ERROR_PORT else ""
        yield Problem(source.id, f"{edge.pointer}/port", f"{source.id!r} has no port {edge.port!r}; {there_are}.{hint}")


def _cycle_problems(level: Level) -> Iterator[Problem]:
    for node in _in_cycles(level):
        message = "The node is part of a cycle. Repeat by control.forEach or control.while."
        yield Problem(node.id, node.pointer, message)


def _in_cycles(level: Level) -> list[Node]:
    """Nodes that stand in a cycle or between two: what is left after taking away both loose ends."""
    position = {node.id: index for index, node in enumerate(level.nodes)}
    pairs = [
        (position[e.source], position[e.target]) for e in level.edges if e.source in position and e.target in position
    ]
    # A cycle is left over from either side; only what is left over from both belongs to one.
    left = set(range(len(level.nodes)))
    for links in (pairs, [(target, source) for source, target in pairs]):
        incoming = [0] * len(level.nodes)
        targets: list[list[int]] = [[] for _ in level.nodes]
        for source, target in links:
            incoming[target] += 1
            targets[source].append(target)
        left -= set(topological_order(incoming, targets))
    return [level.nodes[index] for index in sorted(left)]


def _unreachable(graph: Graph) -> Iterator[Problem]:
    """Nodes of the top that no way from the start leads to; inside containers every node is an entry or behind one."""
    targets: dict[str, list[str]] = {}
    for edge in graph.top.edges:
        targets.setdefault(edge.source, []).append(edge.target)
    reached: set[str] = set()
    waiting = [node.id for node in graph.top.nodes if node.type == declarations.CONTROL_START]
    if not waiting:
        return
    while waiting:
        node_id = waiting.pop()
        if node_id not in reached:
            reached.add(node_id)
            waiting.extend(targets.get(node_id, ()))
    for node in graph.top.nodes:
        if node.id not in reached:
            yield Problem(node.id, node.pointer, "No way leads from the start to this node.")
