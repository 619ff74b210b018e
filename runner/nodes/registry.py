"""All node types of this runner: the built-in families and those of installed packages.

A third party adds nodes by an entry point in the group `exekra.nodes` that names a module with a tuple `NODES`.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any

from runner.nodes import (
    approvals,
    browser,
    control,
    csv_files,
    data,
    databases,
    dates,
    desktop,
    excel_read,
    excel_write,
    file_arrival,
    files,
    folders,
    hashes,
    http_request,
    json_documents,
    logs,
    mail_reading,
    mail_send,
    pdf_pages,
    pdf_reading,
    regexes,
    scripts,
    sftp_folders,
    sftp_transfers,
    subworkflows,
    table_groups,
    tables,
    text_templates,
    work_items,
    xml_documents,
    yaml_documents,
    zip_archives,
)
from runner.nodes.base import NodeType
from runner.workflow.declarations import NodeDeclaration

ENTRY_POINT_GROUP = "exekra.nodes"

AnyNode = NodeType[Any]

BUILT_IN: tuple[type[AnyNode], ...] = (
    *control.NODES,
    *subworkflows.NODES,
    *approvals.NODES,
    *data.NODES,
    *http_request.NODES,
    *desktop.NODES,
    *sftp_transfers.NODES,
    *sftp_folders.NODES,
    *scripts.NODES,
    *files.NODES,
    *folders.NODES,
    *file_arrival.NODES,
    *zip_archives.NODES,
    *csv_files.NODES,
    *json_documents.NODES,
    *xml_documents.NODES,
    *yaml_documents.NODES,
    *regexes.NODES,
    *text_templates.NODES,
    *hashes.NODES,
    *dates.NODES,
    *excel_read.NODES,
    *excel_write.NODES,
    *pdf_reading.NODES,
    *pdf_pages.NODES,
    *databases.NODES,
    *mail_send.NODES,
    *mail_reading.NODES,
    *tables.NODES,
    *table_groups.NODES,
    *work_items.NODES,
    *logs.NODES,
    *browser.NODES,
)


class NodeTypeConflictError(Exception):
    """Two classes declare the same node type; the message names both."""


@cache
def node_types() -> Mapping[str, AnyNode]:
    """One instance of each node type by its name, built-in ones first.

    Raises NodeTypeConflictError when an installed package declares a type that exists already.
    """
    return MappingProxyType(_by_name((*BUILT_IN, *_installed())))


@cache
def declarations() -> Mapping[str, NodeDeclaration]:
    """The declaration of each node type by its name."""
    return MappingProxyType({name: node.declaration() for name, node in node_types().items()})


def _installed() -> Iterable[type[AnyNode]]:
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        yield from entry.load().NODES


def _by_name(classes: Iterable[type[AnyNode]]) -> dict[str, AnyNode]:
    nodes: dict[str, AnyNode] = {}
    for node_class in classes:
        known = nodes.setdefault(node_class.type, node_class())
        if type(known) is not node_class:
            raise NodeTypeConflictError(
                f"{node_class.__module__}.{node_class.__qualname__} declares the node type {node_class.type!r}, "
                f"which {type(known).__module__}.{type(known).__qualname__} has declared already."
            )
    return nodes
