"""Judges how a graph will behave when it runs: repetition, branches that write together, error ports, capabilities."""

from collections.abc import Collection, Iterator
from itertools import combinations

from runner.workflow import declarations
from runner.workflow.declarations import ERROR_PORT, Catalogue
from runner.workflow.flow import Flow
from runner.workflow.graph import Graph, Node
from runner.workflow.problems import Problem
from runner.workflow.reference_rules import written_by

_NODES_NAMED = 20
_LONG_SECONDS = 60.0
_NODES_COMPARED = 200
_BROWSER = "browser."
_TAB_READERS = frozenset(
    {"browser.extractText", "browser.extractAttribute", "browser.extractTable", "browser.screenshot", "browser.wait"}
)
"""They leave the page as it is."""


def running_problems(
    graph: Graph, catalogue: Catalogue, flow: Flow, capabilities: Collection[str] | None
) -> Iterator[Problem]:
    """Everything that would go wrong, or surprise, while the graph runs."""
    yield from _repetition(graph, catalogue)
    yield from _parallel_writes(graph, flow)
    yield from _shared_tab(graph, flow)
    yield from _error_ports(graph)
    yield from _waits(graph, flow)
    if capabilities is not None:
        yield from _missing_capabilities(graph, catalogue, capabilities)


def is_repeatable(node: Node, catalogue: Catalogue) -> bool:
    """Whether running a node twice does what running it once does: its own word, else its type's."""
    declaration = catalogue.get(node.type)
    if node.repeatable is not None:
        return node.repeatable
    return declaration is None or declaration.repeatable


def _repetition(graph: Graph, catalogue: Catalogue) -> Iterator[Problem]:
    settings = graph.settings
    once = [node for node in graph.top.walk() if not node.disabled and not is_repeatable(node, catalogue)]
    for node in graph.top.walk():
        pointer = node.pointer + "/retry"
        if node.retry.max_attempts > 1 and (node.containers or node.type == declarations.CONTROL_SUBWORKFLOW):
            what = "A container" if node.containers else "A called workflow"
            yield Problem(node.id, pointer, f"{what} is not tried again as a whole; put the retry on nodes inside.")
        elif node.retry.max_attempts > 1 and node in once and not settings.allow_repeat:
            message = (
                "A retry could do twice what must be done once. Mark the node `repeatable` if doing it again is safe."
            )
            yield Problem(node.id, pointer, message)
    if settings.allow_repeat:
        return
    for pointer, what, asked in (
        ("/settings/onLost", "onLost: retry", settings.on_lost == "retry"),
        ("/settings/retry", "The workflow's retry", settings.retry.max_attempts > 1),
    ):
        for node in once[:_NODES_NAMED] if asked else ():
            message = (
                f"{what} could run {node.id!r} ({node.type}) twice. Mark it `repeatable` if doing it again is safe, "
                "or set allowRepeat."
            )
            yield Problem(node.id, pointer, message)


def _parallel_writes(graph: Graph, flow: Flow) -> Iterator[Problem]:
    writers: dict[str, list[Node]] = {}
    for node in graph.top.walk():
        if not node.disabled:
            for name in written_by(node):
                writers.setdefault(name, []).append(node)
    for name, nodes in writers.items():
        found = next((node for node in nodes if _in_parallel_turns(node, flow)), None)
        if found is not None:
            message = f"Turns that run at the same time all write the variable {name!r}; the last one wins."
            yield Problem(found.id, found.pointer, message, "warning")
            continue
        pairs = combinations(nodes[:_NODES_COMPARED], 2)
        together = next((pair for pair in pairs if _run_together(*pair, flow)), None)
        if together is not None:
            first, second = together
            message = f"{first.id!r} and {second.id!r} may run at the same time and both write the variable {name!r}."
            yield Problem(second.id, second.pointer, message, "warning")


def _shared_tab(graph: Graph, flow: Flow) -> Iterator[Problem]:
    """An execution has one browser and acts in one tab: what acts there runs alone, readers may run together."""
    here = [node for node in graph.top.walk() if node.type.startswith(_BROWSER) and not node.disabled]
    for node in here:
        if node.type not in _TAB_READERS and _in_parallel_turns(node, flow):
            message = (
                "Turns that run at the same time would all act in the one tab of the execution's browser. Let one turn "
                "run at a time, or give each its own execution, as by a work queue and several slots."
            )
            yield Problem(node.id, node.pointer, message)
            return
    for first, second in combinations(here[:_NODES_COMPARED], 2):
        both_read = first.type in _TAB_READERS and second.type in _TAB_READERS
        if not both_read and _run_together(first, second, flow):
            message = (
                f"{first.id!r} and {second.id!r} may run at the same time in the one tab of the execution's browser. "
                "Let one come after the other."
            )
            yield Problem(second.id, second.pointer, message)
            return


def _in_parallel_turns(node: Node, flow: Flow) -> bool:
    return any(
        container.type == declarations.CONTROL_FOR_EACH and container.config.get("parallel", 1) != 1
        for container, _ in flow.place[node.id].containers
    )


def _run_together(first: Node, second: Node, flow: Flow) -> bool:
    """Compare in the innermost level that has both, or a container of each."""
    ways = [[*((node.id, name) for node, name in flow.place[n.id].containers), (n.id, "")] for n in (first, second)]
    for (left, left_level), (right, right_level) in zip(*ways, strict=False):
        if left != right:
            return left in flow.ancestors and right in flow.ancestors and flow.may_run_together(left, right)
        if left_level != right_level:
            # Body, catch and finally of one try come one after the other.
            return False
    return False


def _error_ports(graph: Graph) -> Iterator[Problem]:
    used: set[str] = set()
    levels = [graph.top]
    for level in levels:
        used.update(edge.source for edge in level.edges if edge.port == ERROR_PORT)
        levels.extend(inner for node in level.nodes for inner in node.containers.values())
    for node in graph.top.walk():
        if node.on_error == "errorPort" and node.id not in used:
            message = "No edge leaves the port `error`, so a failure here is passed over in silence."
            yield Problem(node.id, node.pointer + "/onError", message, "warning")


def _waits(graph: Graph, flow: Flow) -> Iterator[Problem]:
    """At the top level a wait gives the runner back; inside a container it cannot."""
    for node in graph.top.walk():
        if node.disabled or not flow.place[node.id].containers:
            continue
        if node.type == declarations.CONTROL_APPROVAL:
            message = "An approval stands at the top level: put it before or after the container."
            yield Problem(node.id, node.pointer, message)
        elif node.type == declarations.CONTROL_DELAY and _number(node.config.get("seconds")) >= _LONG_SECONDS:
            message = "Inside a container a long delay keeps its runner; at the top level the runner would be free."
            yield Problem(node.id, node.pointer + "/config/seconds", message, "warning")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _missing_capabilities(graph: Graph, catalogue: Catalogue, capabilities: Collection[str]) -> Iterator[Problem]:
    for node in graph.top.walk():
        declaration = catalogue.get(node.type)
        for name in declaration.capabilities if declaration and not node.disabled else ():
            if name not in capabilities:
                yield Problem(node.id, node.pointer + "/type", f"No runner here has the capability {name!r}.")
