"""JavaScript's expressions as ours: what is the same, what may differ, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.workflow.evaluation import ExpressionError
from runner.workflow.expressions import compile_expression
from runner.workflow.foreign.javascript import Member, Name, NoJavaScriptError, Tree, parse_javascript
from runner.workflow.foreign.rendering import UntranslatableError, translate_javascript


class Inputs:
    """Reads `$json` as the inputs."""

    def read(self, tree: Tree) -> str | None:
        """The name alone; the rest is the renderer's."""
        return "inputs" if tree == Name("$json") else None


def translated(source: str) -> tuple[str, list[str]]:
    cautions: list[str] = []
    return translate_javascript(source, Inputs(), cautions.append), cautions


@pytest.mark.parametrize(
    ("source", "ours"),
    [
        ("$json.a.b[0]['c d']", 'inputs.a.b[0]["c d"]'),
        ("$json.a + 1 * 2", "(inputs.a + (1 * 2))"),
        ("'a' + $json.n", '("a" + str(inputs.n))'),
        ("`Dear ${$json.name}, ${1 + 1}`", '("Dear " + str(inputs.name) + ", " + str((1 + 1)) + "")'),
        ("$json.a === 'x' ? 1 : 2", '(1 if (inputs.a == "x") else 2)'),
        ("$json.a > 1 && !($json.b !== null)", "((inputs.a > 1) and (not (default(inputs.b, null) != null)))"),
        ("$json.name.trim().toUpperCase()", "inputs.name.strip().upper()"),
        ("$json.list.length > 0", "(len(inputs.list) > 0)"),
        ("$json.tags.includes('a')", '("a" in inputs.tags)'),
        ("$json.a ?? 'none'", '(inputs.a if default(inputs.a, null) != null else "none")'),
        ("Math.floor(-$json.n)", "floor((-inputs.n))"),
        ("[1, 'two', {a: true}]", '[1, "two", {"a": true}]'),
        ('"it\\\'s \\u00e9\\n"', '"it\'s é\\n"'),
        ("$json.items.from", 'inputs.items["from"]'),
    ],
)
def test_what_means_the_same_is_translated(source: str, ours: str) -> None:
    assert translated(source) == (ours, [])


@pytest.mark.parametrize("source", ["$json.a == 'x'", "$json.a && $json.b > 1"])
def test_what_may_differ_is_said(source: str) -> None:
    assert translated(source)[1]


@pytest.mark.parametrize(
    "source",
    [
        "$json.items.map(i => i.a)",
        "new Date()",
        "a = 1",
        "$json.a; $json.b",
        "$json.a % 2",
        "+$json.a",
        "unknown.thing",
        "$json.",
        "(((",
        "`${",
        "$json.a.constructor()",
        "require('fs')",
        "/re/.test('a')",
        "1 +" * 3000,
        "(" * 500 + "1" + ")" * 500,
        "!" * 500 + "1",
    ],
)
def test_what_has_no_equivalent_is_refused(source: str) -> None:
    with pytest.raises(UntranslatableError):
        translated(source)


@given(st.text("$json.ab'\"`{}()[]?:+-!&|=<>, 1\\\n", max_size=60))
def test_whatever_comes_is_translated_into_an_expression_or_refused(source: str) -> None:
    try:
        text, _ = translated(source)
    except UntranslatableError:
        return
    compile_expression(text)


@given(
    st.recursive(
        st.sampled_from(["1", "'a'", "$json.a", "true"]),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*", "===", "<", "&&", "||"]), inner).map(" ".join),
            inner.map("({})".format),
            inner.map("!{}".format),
        ),
        max_leaves=12,
    )
)
def test_every_sum_of_parts_is_an_expression_of_ours(source: str) -> None:
    compile_expression(translated(source)[0])


def test_precedence_is_javascripts() -> None:
    def value(source: str) -> object:
        try:
            return compile_expression(translated(source)[0]).references
        except ExpressionError as error:
            return str(error)

    assert translated("1 + 2 * 3 < 4 && 5 === 6 || 7 > 8")[0] == ("((((1 + (2 * 3)) < 4) and (5 == 6)) or (7 > 8))")
    assert value("1 + 2") == ()


def test_the_tree_tells_optional_members_apart() -> None:
    tree = parse_javascript("$json?.a")
    assert isinstance(tree, Member)
    assert tree.optional
    with pytest.raises(NoJavaScriptError):
        parse_javascript("")
