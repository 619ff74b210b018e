"""What configs of browser nodes refuse before a browser is asked."""

import pytest

from runner.nodes.registry import node_types
from runner.workflow.declarations import NodeDeclaration

NODES = {name: node for name, node in node_types().items() if name.startswith("browser.")}


@pytest.mark.parametrize(
    ("kind", "config", "said"),
    [
        ("goto", {"url": "example.com"}, "no address of a page"),
        ("goto", {"url": "javascript:alert(1)"}, "no address of a page"),
        ("goto", {"url": "chrome://settings"}, "no address of a page"),
        ("goto", {"url": "https://"}, "names no server"),
        ("click", {"selector": ""}, "at least 1 character"),
        ("click", {"selector": {"candidates": []}}, "needs a candidate or an anchor"),
        ("click", {"selector": {"candidates": [{"strategy": "data", "value": "save"}]}}, "data-testid=save"),
        ("click", {"selector": "css=a", "waitSeconds": 0}, "greater than 0"),
        ("wait", {}, "say what to wait for"),
        ("wait", {"selector": "css=a", "state": "hidden", "text": "x"}, "shows no text"),
        ("tab", {"action": "new", "tab": 1}, "no number yet"),
        ("tab", {"url": "https://example.com"}, "only a new tab"),
        ("tab", {"tab": 0}, "counted from 1"),
        ("fill", {"selector": "css=a"}, "a value or a secret"),
        ("fill", {"selector": "css=a", "value": "a", "secret": "b"}, "a value or a secret"),
        ("fill", {"selector": "css=a", "value": True}, "valid string"),
        ("download", {}, "one of them"),
        ("download", {"selector": "css=a", "url": "https://example.com"}, "one of them"),
        ("screenshot", {"keep": False}, "target or keep"),
        ("screenshot", {"selector": "css=a", "fullPage": True}, "element or of the whole page"),
        ("screenshot", {"path": "a.jpg"}, "pattern"),
        ("extractAttribute", {"selector": "css=a", "attribute": "on click"}, "pattern"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(kind: str, config: dict, said: str):
    with pytest.raises(ValueError, match=said):
        NODES[f"browser.{kind}"].config.model_validate(config)


def test_what_acts_is_not_repeatable_and_what_reads_is():
    acting = {"click", "fill", "upload", "download", "script", "tab"}
    assert {name.partition(".")[2] for name, node in NODES.items() if not node.repeatable} == acting


@pytest.mark.parametrize("declared", [node.declaration() for node in NODES.values()], ids=lambda each: each.type)
def test_every_node_asks_for_a_browser_and_runs_in_its_own_process(declared: NodeDeclaration):
    assert declared.capabilities == ("browser",)
    assert declared.isolated
    selector = declared.config_schema.get("properties", {}).get("selector")
    assert selector is None or "selector" in {
        selector.get("x-widget"),
        *(each.get("x-widget") for each in selector["anyOf"]),
    }
