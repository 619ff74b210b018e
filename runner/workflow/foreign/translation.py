"""The entry: whether a document is another product's export, and what it is here."""

import json
from typing import Any

from runner.workflow.documents import MAX_GRAPH_BYTES
from runner.workflow.foreign.assembly import assemble
from runner.workflow.foreign.model import ForeignError, Translation
from runner.workflow.foreign.n8n import N8n
from runner.workflow.foreign.n8n_reader import is_n8n, read_n8n
from runner.workflow.foreign.node_red import NodeRed
from runner.workflow.foreign.node_red_reader import is_node_red, read_node_red
from runner.workflow.graph import MAX_NODES


def is_foreign(document: object) -> bool:
    """True for exports of n8n and Node-RED."""
    return is_n8n(document) or is_node_red(document)


def translate(document: Any) -> Translation:
    """The workflow of an export, and what a person must look at. Raises ForeignError when it cannot be read."""
    if not is_foreign(document):
        raise ForeignError("It is no export of n8n and none of Node-RED.")
    listed = document if isinstance(document, list) else document["nodes"]
    if len(listed) > MAX_NODES:
        raise ForeignError(f"It has {len(listed)} nodes; {MAX_NODES} are allowed.")
    try:
        if is_n8n(document):
            translation = assemble(read_n8n(document), N8n())
        else:
            translation = assemble(read_node_red(document), NodeRed())
    except ForeignError:
        raise
    except (AttributeError, KeyError, TypeError, IndexError, ValueError) as error:
        raise ForeignError(f"A part of it does not have the form it should have: {error!r}.") from error
    if len(json.dumps(translation.graph, ensure_ascii=False).encode()) > MAX_GRAPH_BYTES:
        raise ForeignError("Its translation is larger than a graph may be. Import it in parts.")
    return translation
