"""A workflow as a file: what it says, and how it is written."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.files.document import FileError, WorkflowDocument, file_name, read_document

GRAPH = {
    "nodes": [
        {"type": "control.start", "id": "start", "position": {"y": 0, "x": 0}},
        {
            "config": {},
            "type": "control.forEach",
            "id": "each",
            "body": {"edges": [], "nodes": [{"type": "t", "id": "i"}]},
        },
    ],
    "zoom": 1,
    "edges": [{"to": "each", "port": "out", "from": "start", "id": "e1"}],
    "schemaVersion": 1,
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('abc\u00e9"\n'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz", min_size=1), inner, max_size=4),
    max_leaves=20,
)


def written(tmp_path: Path, document: object) -> Path:
    path = tmp_path / "a.workflow.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_known_members_stand_in_their_order_and_others_by_name() -> None:
    text = WorkflowDocument("Bills", "", ("a",), GRAPH).text()
    document = json.loads(text)
    assert list(document) == ["format", "name", "description", "tags", "graph"]
    assert list(document["graph"]) == ["schemaVersion", "nodes", "edges", "zoom"]
    assert list(document["graph"]["nodes"][1]) == ["id", "type", "config", "body"]
    assert list(document["graph"]["nodes"][1]["body"]["nodes"][0]) == ["id", "type"]
    assert list(document["graph"]["nodes"][0]["position"]) == ["x", "y"]
    assert list(document["graph"]["edges"][0]) == ["id", "from", "port", "to"]
    assert text.endswith("}\n")


def test_the_order_of_members_makes_no_difference_and_everything_else_does() -> None:
    document = WorkflowDocument("Bills", "", (), GRAPH)
    assert document.same_graph(dict(reversed(GRAPH.items())))
    assert not document.same_graph({**GRAPH, "zoom": 1.0})
    assert not document.same_graph({**GRAPH, "nodes": GRAPH["nodes"][::-1]})  # type: ignore[index] # a list
    assert not document.same_graph(None)


@given(st.dictionaries(st.text("abcxyz", min_size=1), JSON, max_size=5))
def test_what_is_written_is_read_back_the_same_and_written_the_same(graph: dict[str, object]) -> None:
    document = WorkflowDocument("Bills", "what it does", ("a", "b"), graph)
    read = json.loads(document.text())
    assert document.same_graph(read["graph"])
    again = WorkflowDocument(read["name"], read["description"], tuple(read["tags"]), read["graph"])
    assert again.text() == document.text()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "not JSON"),
        ('{"format": "exekra.workflow/1", "format": 1}', "stands twice"),
        ({"nodes": [], "connections": {}}, "format"),
        ({"format": "exekra.workflow/2", "name": "a"}, "format"),
        ({"format": "exekra.workflow/1", "name": "a", "grpah": {}}, "no member 'grpah'"),
        ({"format": "exekra.workflow/1"}, "name"),
        ({"format": "exekra.workflow/1", "name": " a"}, "name"),
        ({"format": "exekra.workflow/1", "name": "a" * 201}, "name"),
        ({"format": "exekra.workflow/1", "name": "a", "tags": [1]}, "tags"),
        ({"format": "exekra.workflow/1", "name": "a", "graph": []}, "graph"),
        ("[]", "format"),
    ],
)
def test_what_is_no_workflow_is_refused_with_its_reason(tmp_path: Path, document: object, said: str) -> None:
    with pytest.raises(FileError, match=said):
        read_document(written(tmp_path, document))


def test_an_export_of_one_workflow_is_a_file_too(tmp_path: Path) -> None:
    exported = {
        "format": "exekra.workflow/1",
        "name": "Bills",
        "description": "",
        "tags": [],
        "version": 7,
        "graph": {},
    }
    assert read_document(written(tmp_path, exported)) == WorkflowDocument("Bills", "", (), {})


def test_file_names_are_words_that_every_system_takes() -> None:
    assert file_name("Rechnungen prüfen / 2026") == "rechnungen-prüfen-2026.workflow.json"
    assert file_name("../../etc/passwd") == "etc-passwd.workflow.json"
    assert file_name("???") == "workflow.workflow.json"
    assert file_name("a b", alone=False) != file_name("a-b", alone=False)
