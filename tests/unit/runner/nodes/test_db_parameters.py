import pytest

from runner.nodes.base import NodeFailure
from runner.nodes.db_parameters import MYSQL, SQLITE, listed, numbered

VALUES = {"a": 1, "b": "x", "ids": [3, 4], "none": []}


@pytest.mark.parametrize(
    ("sql", "text", "values"),
    [
        ("SELECT :a, :b, :a", "SELECT $1, $2, $1", [1, "x"]),
        ("SELECT :a::date, ':b', \":b\", E'\\':b' -- :b\n, /* :b */ 1", None, [1]),
        ("SELECT $$ :b $$, $x$ :b $$ $x$, :a", "SELECT $$ :b $$, $x$ :b $$ $x$, $1", [1]),
        ("SELECT * FROM t WHERE id = ANY(:ids)", "SELECT * FROM t WHERE id = ANY($1)", [[3, 4]]),
    ],
)
def test_postgres_gets_numbers_and_quoted_text_is_left_alone(sql, text, values):
    got = numbered(sql, VALUES)
    assert got == (text or sql.replace(":a", "$1"), values)


def test_others_get_a_sign_for_each_value_and_lists_become_several():
    assert listed("x IN (:ids) OR y IN (:none) OR z = ':a'", VALUES, SQLITE, "?") == (
        "x IN (?, ?) OR y IN (NULL) OR z = ':a'",
        [3, 4],
    )
    assert listed(r"SELECT 'it\'s :a', @x := :b # :a", VALUES, MYSQL, "%s") == (
        r"SELECT 'it\'s :a', @x := %s # :a",
        ["x"],
    )
    assert listed(":a", {"a": {"k": ["ü"]}}, SQLITE, "?") == ("?", ['{"k": ["ü"]}'])


def test_a_parameter_that_is_missing_is_named_with_those_there_are():
    with pytest.raises(NodeFailure, match=":c; there are: a, b"):
        numbered("SELECT :c", {"a": 1, "b": 2})
