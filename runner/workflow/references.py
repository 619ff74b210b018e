"""What the expressions of a graph refer to, and where each stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from runner.workflow.declarations import Catalogue, NodeDeclaration
from runner.workflow.documents import Json, json_pointer
from runner.workflow.expression_compiler import Reference
from runner.workflow.graph import Graph, Node
from runner.workflow.templates import Template, compile_condition, compile_template


@dataclass(frozen=True, slots=True)
class Site:
    """One value with expressions.

    `node` is None for values of the graph itself; `is_condition` is true for expression fields.
    """

    node: Node | None
    pointer: str
    template: Template
    is_condition: bool = False

    def references(self) -> Iterator[tuple[str, Reference]]:
        """Every name read, with the pointer of the text it stands in."""
        for pointer, reference in self.template.references():
            yield self.pointer + pointer, reference


def sites_of(node: Node, declaration: NodeDeclaration) -> Iterator[Site]:
    """The templates of a node's config; code is none."""
    for key, value in node.config.items():
        if key in declaration.code_fields:
            continue
        pointer = node.pointer + json_pointer("config", key)
        if key not in declaration.expression_fields:
            yield Site(node, pointer, compile_template(value))
        elif value is not None:
            yield Site(node, pointer, compile_condition(value), is_condition=True)


def graph_sites(graph: Graph, catalogue: Catalogue) -> Iterator[Site]:
    """Every template of a graph, in the order of the document; nodes of unknown types are left out."""
    for node in graph.top.walk():
        declaration = catalogue.get(node.type)
        if declaration is not None:
            yield from sites_of(node, declaration)
    yield Site(None, "/output", compile_template(graph.output))


def credential_references(graph: Graph, catalogue: Catalogue) -> Iterator[tuple[str | None, str, str]]:
    """Where the nodes of a graph name credentials: id of the node, pointer, name; each place and name once."""
    seen: set[tuple[str, str]] = set()
    for site in graph_sites(graph, catalogue):
        for pointer, reference in site.references():
            name = reference.key
            if reference.root == "credentials" and name is not None and (pointer, name) not in seen:
                seen.add((pointer, name))
                yield site.node.id if site.node else None, pointer, name


def credential_names(graph: Graph, catalogue: Catalogue) -> frozenset[str]:
    """The credentials a graph names: what the Hub may release to an attempt at it."""
    return frozenset(name for _, _, name in credential_references(graph, catalogue))


def global_names(graph: Graph, catalogue: Catalogue) -> frozenset[str]:
    """The global variables a graph reads: what the Hub keeps for an execution of it."""
    return frozenset(
        reference.key
        for site in graph_sites(graph, catalogue)
        for _, reference in site.references()
        if reference.root == "globals" and reference.key is not None
    )


def concurrency_key(graph: Graph) -> Template | None:
    """The compiled key of the workflow's concurrency limit, which the Hub fills in when an execution is created."""
    key: Json = graph.settings.concurrency.key if graph.settings.concurrency else None
    return None if key is None else compile_template(key)
