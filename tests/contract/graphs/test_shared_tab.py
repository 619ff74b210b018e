"""One execution, one browser, one tab: what acts there at the same time is refused before it runs."""

from typing import Any

import pytest

from runner.nodes.registry import declarations
from runner.workflow.validation import validate_document
from tests.contract.graphs.world import graph, level, node

OPEN = node("open", "browser.open", {"url": "https://example.com"})
CLICK = node("click", "browser.click", {"selector": "text=Go"})
READ = node("read", "browser.extractText", {"selector": "css=p"})
LOOK = node("look", "browser.screenshot")
GOTO = node("goto", "browser.goto", {"url": "https://example.com/2"})


def errors(document: dict[str, Any]) -> list[tuple[str | None, str]]:
    _, problems = validate_document(document, declarations())
    return [(problem.node_id, problem.message) for problem in problems if problem.severity == "error"]


def turns(parallel: Any, *nodes: dict[str, Any]) -> dict[str, Any]:
    loop = node("l", "control.forEach", {"items": [1, 2], "parallel": parallel}, body=level([*nodes]))
    return graph([OPEN, loop], "s>open open>l")


@pytest.mark.parametrize("parallel", [2, "{{ 1 + 1 }}"])
def test_turns_that_run_at_the_same_time_may_not_act_in_the_browser(parallel: Any) -> None:
    [(where, message)] = errors(turns(parallel, CLICK))
    assert where == "click"
    assert "one turn run at a time" in message


def test_turns_one_after_the_other_may_and_so_may_turns_that_only_read() -> None:
    assert errors(turns(1, CLICK)) == []
    assert errors(turns(4, READ)) == []


def test_branches_that_run_at_the_same_time_may_not_act_in_the_browser() -> None:
    [(where, message)] = errors(graph([OPEN, CLICK, GOTO], "s>open open>click open>goto"))
    assert where == "goto"
    assert "'click' and 'goto' may run at the same time" in message
    [(where, _)] = errors(graph([OPEN, CLICK, READ], "s>open open>click open>read"))
    assert where == "read", "what is read would depend on chance"


def test_branches_that_only_read_may_run_beside_each_other_and_only_one_of_two_ports_is_taken() -> None:
    assert errors(graph([OPEN, READ, LOOK], "s>open open>read open>look")) == []
    choice = node("i", "control.if", {"condition": "1 == 1"})
    assert errors(graph([OPEN, choice, CLICK, GOTO], "s>open open>i i:true>click i:false>goto")) == []
    assert errors(graph([OPEN, CLICK, {**GOTO, "disabled": True}], "s>open open>click open>goto")) == []
