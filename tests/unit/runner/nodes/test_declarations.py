import re
from itertools import pairwise

import pytest

from runner.nodes.registry import declarations, node_types
from runner.workflow.validation import validate_document

OF_OTHERS = ("control.", "data.set", "data.transform")
OURS = sorted(name for name in declarations() if not name.startswith(OF_OTHERS))


def test_the_families_are_complete():
    assert OURS == [
        "browser.check",
        "browser.click",
        "browser.close",
        "browser.download",
        "browser.extractAttribute",
        "browser.extractTable",
        "browser.extractText",
        "browser.fill",
        "browser.frame",
        "browser.goto",
        "browser.open",
        "browser.printPdf",
        "browser.screenshot",
        "browser.script",
        "browser.select",
        "browser.tab",
        "browser.upload",
        "browser.wait",
        "csv.read",
        "csv.write",
        "data.date",
        "data.hash",
        "data.xml",
        "data.yaml",
        "db.execute",
        "db.query",
        "desktop.click",
        "desktop.clipboard",
        "desktop.findWindow",
        "desktop.hotkey",
        "desktop.imageMatch",
        "desktop.ocr",
        "desktop.read",
        "desktop.screenshot",
        "desktop.startApp",
        "desktop.type",
        "desktop.wait",
        "excel.read",
        "excel.write",
        "files.append",
        "files.copy",
        "files.delete",
        "files.list",
        "files.move",
        "files.read",
        "files.waitFor",
        "files.write",
        "http.request",
        "json.parse",
        "json.stringify",
        "log.artifact",
        "log.message",
        "log.notify",
        "mail.move",
        "mail.read",
        "mail.search",
        "mail.send",
        "pdf.fromHtml",
        "pdf.merge",
        "pdf.split",
        "pdf.tables",
        "pdf.text",
        "queue.addItem",
        "queue.completeItem",
        "queue.failItem",
        "queue.takeItem",
        "script.python",
        "script.shell",
        "sftp.delete",
        "sftp.get",
        "sftp.list",
        "sftp.put",
        "table.dedupe",
        "table.filter",
        "table.group",
        "table.join",
        "table.sort",
        "text.regex",
        "text.template",
        "zip.create",
        "zip.extract",
    ]


@pytest.mark.parametrize("name", OURS)
def test_every_field_of_every_config_has_a_title_and_a_description(name):
    schema = declarations()[name].config_schema
    for part in (schema, *schema.get("$defs", {}).values()):
        for field, described in part.get("properties", {}).items():
            if "const" not in described:
                assert described.get("title"), field
                assert described.get("description"), field
            assert re.fullmatch("[a-z][A-Za-z]*", field)


@pytest.mark.parametrize("name", OURS)
def test_every_type_says_in_one_sentence_what_it_does(name):
    declared = declarations()[name]
    assert re.fullmatch(r"[A-Z][^.]+\.", declared.help)
    assert re.fullmatch(r"[a-z0-9-]+", declared.icon)
    assert node_types()[name].__doc__


@pytest.mark.parametrize("name", OURS)
def test_every_example_is_a_valid_config(name):
    rows = {"id": "nothing", "type": "data.set", "config": {"values": {"order": None}}}
    nodes = [{**rows, "id": node} for node in ("read", "orders", "customers", "take", "check")]
    before = [{"id": "start", "type": "control.start"}, *nodes]
    subject = {"id": "subject", "type": name, "config": declarations()[name].example}
    chain = [node["id"] for node in (*before, subject)]
    document = {
        "nodes": [*before, subject],
        "edges": [{"from": a, "to": b} for a, b in pairwise(chain)],
        "variables": [{"name": "order"}],
        "inputs": [{"name": "date", "type": "string"}],
    }
    _, problems = validate_document(document, declarations())
    assert not [problem for problem in problems if problem.node_id == "subject"]
