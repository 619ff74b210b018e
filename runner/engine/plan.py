"""A graph compiled for running: edges as indexes, templates parsed, once for all executions of a version.

Pure. Expects a graph that validation has passed and refuses what would make running it impossible.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.workflow import declarations
from runner.workflow.declarations import Catalogue, NodeDeclaration
from runner.workflow.documents import Json, json_pointer
from runner.workflow.evaluation import Environment
from runner.workflow.graph import Graph, Level, Node
from runner.workflow.ordering import cyclic_nodes
from runner.workflow.problems import InvalidGraphError, Problem
from runner.workflow.secret_places import Place, secret_places
from runner.workflow.templates import (
    Template,
    compile_condition,
    compile_condition_when_used,
    compile_template,
    compile_when_used,
)

_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class ConfigPlan:
    """A node's config: constants as they stand, templates filled in for each run, conditions left to the node."""

    source: Mapping[str, Any]
    templates: tuple[tuple[str, Template], ...] = ()
    conditions: Mapping[str, Template] = field(default_factory=dict)
    secrets: tuple[Place, ...] = ()
    """Where values stand that must not be seen."""
    credentials: Mapping[str, bool] = field(default_factory=dict)
    """The credentials that it names, and whether it cannot do without: `default(…)` can."""

    @property
    def is_constant(self) -> bool:
        """Whether every run gets the same config."""
        return not self.templates and not self.conditions

    def resolve(self, environment: Environment) -> dict[str, Any]:
        """The config with templates filled in; conditions keep their text. Raises ExpressionError."""
        return {**self.source, **{key: template.resolve(environment) for key, template in self.templates}}


@dataclass(frozen=True, slots=True)
class PlanNode:
    """One node, ready to run. `exits` has the targets (indexes in the level) of every port with edges."""

    index: int
    id: str
    type: str
    config: ConfigPlan
    ports: tuple[str, ...]
    exits: tuple[tuple[str, tuple[int, ...]], ...]
    containers: Mapping[str, "PlanLevel"]
    node: Node
    waits_for_any: bool

    @property
    def pass_port(self) -> str:
        """The port a disabled node is left by."""
        return self.ports[0] if self.ports and "out" not in self.ports else "out"

    def port_of(self, output: Any) -> str:
        """The port that goes with an output which was given and not computed."""
        if isinstance(output, dict):
            if output.get("port") in self.ports:
                return str(output["port"])
            if self.ports == ("true", "false") and "result" in output:
                return "true" if output["result"] else "false"
        return self.pass_port


@dataclass(frozen=True, slots=True)
class PlanLevel:
    """Nodes of one level; `incoming` counts the edges into each, `entries` are those without any."""

    nodes: tuple[PlanNode, ...]
    incoming: tuple[int, ...]
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A workflow version ready to run any number of times."""

    graph: Graph
    top: PlanLevel
    output: Template
    nodes: Mapping[str, PlanNode]


def compile_plan(graph: Graph, catalogue: Catalogue, *, checked: bool = False) -> Plan:
    """Compile a graph. Raises InvalidGraphError for unknown node types, broken edges, cycles and templates.

    Of a graph that has been `checked` by this, in this or another process, templates are compiled when they are used.
    """
    compiler = _Compiler(catalogue, checked=checked)
    top = compiler.level(graph.top)
    output = compiler.compile_template(graph.output)
    compiler.take_problems(None, "/output", output)
    if compiler.problems:
        raise InvalidGraphError(compiler.problems)
    return Plan(graph, top, output, compiler.nodes)


class _Compiler:
    """Walks the levels; collects nodes and problems."""

    def __init__(self, catalogue: Catalogue, *, checked: bool) -> None:
        self.catalogue = catalogue
        self.compile_template = compile_when_used if checked else compile_template
        self._compile_condition = compile_condition_when_used if checked else compile_condition
        self.nodes: dict[str, PlanNode] = {}
        self.problems: list[Problem] = []
        self._secrets: dict[str, tuple[Place, ...]] = {}

    def level(self, level: Level) -> PlanLevel:
        """One level with everything inside it."""
        index_of = {node.id: index for index, node in enumerate(level.nodes)}
        incoming = [0] * len(level.nodes)
        exits: list[dict[str, list[int]]] = [{} for _ in level.nodes]
        for edge in level.edges:
            source, target = index_of.get(edge.source), index_of.get(edge.target)
            if source is None or target is None:
                self.problems.append(Problem(None, edge.pointer, "The edge leads to a node that is not in its level."))
                continue
            incoming[target] += 1
            exits[source].setdefault(edge.port, []).append(target)
        for index in cyclic_nodes(incoming, [[t for ts in e.values() for t in ts] for e in exits]):
            self.problems.append(Problem(level.nodes[index].id, level.nodes[index].pointer, "The node is in a cycle."))
        nodes = tuple(self._node(index, node, exits[index]) for index, node in enumerate(level.nodes))
        return PlanLevel(nodes, tuple(incoming), tuple(i for i, count in enumerate(incoming) if not count))

    def _node(self, index: int, node: Node, exits: dict[str, list[int]]) -> PlanNode:
        declaration = self.catalogue.get(node.type)
        if declaration is None:
            self.problems.append(Problem(node.id, node.pointer + "/type", f"There is no node type {node.type!r}."))
            declaration = NodeDeclaration(node.type, "", "", "", "")
        plan = PlanNode(
            index=index,
            id=node.id,
            type=node.type,
            config=self._config(node, declaration),
            ports=declaration.ports_for(node.config),
            exits=tuple((port, tuple(targets)) for port, targets in exits.items()),
            containers={
                name: self.level(level) for name, level in node.containers.items() if name in declaration.containers
            },
            node=node,
            waits_for_any=node.type == declarations.CONTROL_JOIN and node.config.get("mode") == "any",
        )
        self.nodes[node.id] = plan
        return plan

    def _config(self, node: Node, declaration: NodeDeclaration) -> ConfigPlan:
        templates, conditions = [], {}
        credentials: dict[str, bool] = {}
        for key, value in node.config.items():
            if key in declaration.code_fields:
                continue
            if key in declaration.expression_fields:
                if value is None:
                    continue
                template = conditions[key] = self._compile_condition(value)
            else:
                template = self.compile_template(value)
                if not template.is_constant:
                    templates.append((key, template))
            self.take_problems(node.id, node.pointer + json_pointer("config", key), template)
            _add_credentials(credentials, value, is_condition=key in declaration.expression_fields)
        secrets = self._secrets.get(declaration.type)
        if secrets is None:
            secrets = self._secrets[declaration.type] = secret_places(declaration.config_schema)
        return ConfigPlan(node.config, tuple(templates), conditions or _EMPTY, secrets, credentials or _EMPTY)

    def take_problems(self, node_id: str | None, pointer: str, template: Template) -> None:
        """Keep what is wrong with a template."""
        self.problems.extend(Problem(node_id, pointer + found.pointer, found.message) for found in template.problems)


def _add_credentials(found: dict[str, bool], value: Json, *, is_condition: bool) -> None:
    """Those that a value names. Few do: only these are compiled at once, whenever their template is."""
    if not _mentions(value):
        return
    template = compile_condition(value) if is_condition else compile_template(value)
    for _, reference in template.references():
        if reference.root == "credentials" and reference.key is not None:
            found[reference.key] = found.get(reference.key, False) or reference.certain


def _mentions(value: Json) -> bool:
    if isinstance(value, str):
        return "credentials" in value
    if isinstance(value, list):
        return any(map(_mentions, value))
    return isinstance(value, dict) and any(map(_mentions, value.values()))
