"""Judges what expressions refer to: nodes that exist and have run, variables, inputs, loops."""

from collections.abc import Iterator

from runner.workflow import declarations
from runner.workflow.declarations import Catalogue
from runner.workflow.documents import json_pointer
from runner.workflow.expression_compiler import Reference
from runner.workflow.flow import Flow, Place
from runner.workflow.graph import Graph, Node
from runner.workflow.problems import Problem, Severity
from runner.workflow.references import Site, concurrency_key, graph_sites

WEBHOOK_INPUT = "webhook"
"""The input that a webhook brings, declared or not."""


def reference_problems(graph: Graph, catalogue: Catalogue, flow: Flow) -> Iterator[Problem]:
    """Everything that is wrong with the expressions of a graph."""
    rules = _Rules(graph, flow)
    for site in graph_sites(graph, catalogue):
        yield from rules.site(site)
    yield from _key_problems(graph)
    yield from _written_variables(graph)


class _Rules:
    """The names of one graph."""

    def __init__(self, graph: Graph, flow: Flow) -> None:
        self._flow = flow
        self._nodes = {node.id: node for node in graph.top.walk()}
        self._variables = {variable.name for variable in graph.variables}
        self._inputs = {declaration.name for declaration in graph.inputs} | {WEBHOOK_INPUT}

    def site(self, site: Site) -> Iterator[Problem]:
        """The problems of one value."""
        node_id = site.node.id if site.node else None
        for found in site.template.problems:
            yield Problem(node_id, site.pointer + found.pointer, found.message)
        seen: set[tuple[str, Reference]] = set()
        for pointer, reference in site.references():
            if (pointer, reference) in seen:
                continue
            seen.add((pointer, reference))
            found_wrong = self._judge(reference, site)
            if found_wrong is not None:
                message, severity = found_wrong
                yield Problem(node_id, pointer, message, severity)

    def _judge(self, reference: Reference, site: Site) -> tuple[str, Severity] | None:
        place = self._flow.place[site.node.id] if site.node else Place()
        key = reference.key
        message: str | None = None
        if reference.root == "nodes" and key is not None:
            message = self._judge_node(key, reference, site, place)
        elif reference.root == "vars" and key is not None and key not in self._variables:
            message = f"There is no variable {key!r}; declare it in the workflow's variables."
        elif reference.root in ("item", "index") and not place.in_for_each and not _has_rows(site):
            message = f"`{reference.root}` is there only inside a forEach."
        elif reference.root == "loops" and key is not None and key not in self._loops(site, place):
            message = f"There is no loop {key!r} around this node."
        elif reference.root == "credentials":
            message = _judge_credential(site)
        elif reference.root == "inputs" and key is not None and key not in self._inputs:
            return f"The input {key!r} is not declared; without it the execution fails here.", "warning"
        return (message, "error") if message else None

    @staticmethod
    def _loops(site: Site, place: Place) -> tuple[str, ...]:
        # The condition of a while counts as part of its turns.
        if site.node is not None and site.is_condition and site.node.type == declarations.CONTROL_WHILE:
            return (*place.loops, site.node.id)
        return place.loops

    def _judge_node(self, key: str, reference: Reference, site: Site, place: Place) -> str | None:
        target = self._nodes.get(key)
        if target is None:
            return f"There is no node {key!r}."
        target_loops = self._flow.place[key].loops
        own_loops = self._loops(site, place)
        if own_loops[: len(target_loops)] != target_loops:
            loop = next(loop for loop in target_loops if loop not in own_loops)
            return (
                f"The node {key!r} is inside the loop {loop!r}, whose outputs cannot be read from outside; "
                "collect them in a variable."
            )
        if not reference.certain:
            return None
        if target.disabled:
            return f"The node {key!r} is disabled, so it has no output; write default(nodes.{key}.output, …)."
        if site.node is None:
            certain = self._flow.at_end & self._flow.bit[key]
        else:
            certain = self._flow.certain.get(site.node.id, 0) & self._flow.bit[key]
        if certain:
            return None
        return f"The node {key!r} may not have run before; write default(nodes.{key}.output, …) if that is meant."


def _judge_credential(site: Site) -> str | None:
    """Credentials go to a node right before it runs, and nowhere else."""
    if site.node is None:
        return "A workflow's output cannot hold credentials: it is kept and shown."
    if site.is_condition:
        return "An expression that is judged while the node runs cannot read credentials. Use one in another field."
    return None


def _has_rows(site: Site) -> bool:
    """Whether the node itself gives `item` and `index` to this expression, row by row."""
    return (
        site.is_condition and site.node is not None and not site.node.type.startswith("control.")
    ) and site.node.type != "data.transform"


def _key_problems(graph: Graph) -> Iterator[Problem]:
    template = concurrency_key(graph)
    if template is None:
        return
    pointer = "/settings/concurrency/key"
    for found in template.problems:
        yield Problem(None, pointer + found.pointer, found.message)
    for where, reference in template.references():
        if reference.root != "inputs":
            message = f"The key is read before anything has run: it may use inputs, not {reference.root}."
            yield Problem(None, pointer + where, message)


def _written_variables(graph: Graph) -> Iterator[Problem]:
    known = {variable.name for variable in graph.variables}
    for node in graph.top.walk():
        for name in written_by(node):
            if name not in known:
                message = f"There is no variable {name!r}; declare it in the workflow's variables."
                yield Problem(node.id, node.pointer + json_pointer("config", "values", name), message)


def written_by(node: Node) -> tuple[str, ...]:
    """The variables that a node writes."""
    values = node.config.get("values") if node.type == declarations.DATA_SET else None
    return tuple(values) if isinstance(values, dict) else ()
