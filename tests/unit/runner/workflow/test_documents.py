"""JSON as it may come in, templates and declarations as plain data."""

import pytest

from runner.nodes.registry import declarations
from runner.workflow.declarations import NodeDeclaration
from runner.workflow.documents import DocumentError, equal_json, json_pointer, parse_document
from runner.workflow.graph import Input
from runner.workflow.graph_reader import graph_from
from runner.workflow.inputs import complete_inputs
from runner.workflow.references import credential_names
from runner.workflow.templates import compile_condition, compile_template
from tests.contract.graphs.world import CATALOGUE, compute, graph, put


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        ("1", 1, False),
        (None, False, False),
        ([1, {"a": True}], [1.0, {"a": True}], True),
        ([1, {"a": True}], [1, {"a": 1}], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1], [1, 2], False),
    ],
)
def test_equality_is_that_of_json(left, right, equal):
    assert equal_json(left, right) is equal
    assert equal_json(right, left) is equal


def test_pointers_escape_what_they_must():
    assert json_pointer("a/b", 0, "c~d") == "/a~1b/0/c~0d"
    assert json_pointer() == ""


def test_a_document_says_where_a_bad_text_stands():
    with pytest.raises(DocumentError) as caught:
        parse_document(b'{"a": [1, {"b/c": "\\u0000"}]}')
    assert caught.value.pointer == "/a/1/b~1c"


def test_every_declaration_survives_the_way_through_json():
    for declaration in declarations().values():
        assert NodeDeclaration.from_json(declaration.as_json()) == declaration


def test_a_switch_has_a_port_for_each_case_and_default():
    switch = declarations()["control.switch"]
    assert switch.ports_for({"cases": [{"port": "a"}, {"port": "b"}, {"port": "a"}, 5]}) == ("a", "b", "default")
    assert switch.ports_for({"cases": "{{ x }}"}) == ("default",)


@pytest.mark.parametrize(
    ("text", "expressions"),
    [
        ("{{ {'a': {'b': 1}}.a.b }}", 1),
        ("{{ '}}' }} and {{ \"{{\" }}", 2),
        ("no braces { } }}", 0),
        ("{{1}}{{2}}", 2),
    ],
)
def test_expressions_are_found_in_texts(text, expressions):
    template = compile_template({"deep": [text]})
    assert template.problems == ()
    assert len(template.expressions) == expressions
    assert template.is_constant is (expressions == 0)


@pytest.mark.parametrize("text", ["{{ 1", "{{ }}", "{{ ) }}", "a {{ '}} b", "{{ lambda: 1 }}"])
def test_a_broken_template_is_a_problem_with_a_pointer(text):
    [problem] = compile_template({"a/b": ["x", text]}).problems
    assert problem.pointer == "/a~1b/1"


def test_a_condition_is_one_expression_with_or_without_braces():
    assert compile_condition("{{ 1 > 0 }}").expressions[0][1].source == "1 > 0"
    assert compile_condition("1 > 0").expressions[0][1].source == "1 > 0"
    assert compile_condition(value=True).is_constant
    assert compile_condition("{{ 1 }} {{ 2 }}").problems


def test_inputs_are_filled_up_and_judged():
    declared = [Input("a", "integer", required=True), Input("b", "string", default="x"), Input("c", "number")]
    assert complete_inputs(declared, {"a": 1, "webhook": {}})[0] == {"a": 1, "b": "x", "c": None, "webhook": {}}
    _, problems = complete_inputs(declared, {"b": 5, "c": True})
    assert [problem.pointer for problem in problems] == ["/a", "/b", "/c"]


def test_a_graph_names_the_credentials_it_needs():
    document = graph([compute("a", "credentials.bank.user"), put("b", v="x {{ default(credentials['mail'].p, 0) }}")])
    assert credential_names(graph_from(document), CATALOGUE) == {"bank", "mail"}
