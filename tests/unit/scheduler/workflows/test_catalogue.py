"""The node types the Hub ships."""

from scripts.node_types import TARGET, render
from services.scheduler.workflows.catalogue import built_in


def test_the_generated_file_says_what_the_nodes_declare() -> None:
    assert TARGET.read_text(encoding="utf-8") == render(), "run: python -m scripts.node_types"


def test_every_shipped_type_can_be_read() -> None:
    types = built_in()
    assert {"control.start", "control.forEach", "data.set"} <= set(types)
    assert all(declaration.title and declaration.help for declaration in types.values())
