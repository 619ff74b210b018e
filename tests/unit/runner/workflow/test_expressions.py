"""Expressions: what they compute, and what they say when they cannot."""

import pytest

from runner.workflow.evaluation import ExpressionError, MissingError
from runner.workflow.expressions import compile_expression
from tests.unit.runner.workflow.evaluating import value_of

VALUES = {
    "1 + 2 * 3": 7,
    "7 // 2 + -7 // 2": -1,
    "-7 % 3": 2,
    "7 / 2": 3.5,
    "2 ** 10": 1024,
    "-(3) + +4": 1,
    "'a' + \"b\"": "ab",
    "'ab' * 2 + 2 * 'c'": "ababcc",
    "[1] + [2] * 2": [1, 2, 2],
    "1 < 2 <= 2 and not 1 > 2": True,
    "1 < 0 < 1 / 0": False,
    "0 or 'x'": "x",
    "0 and 1 / 0": 0,
    "'yes' if inputs.x > 2 else 'no'": "yes",
    "inputs.x == 3 and inputs.none is None and inputs.x is not null": True,
    "true and not false": True,
    "2 in vars.list": True,
    "'x' not in inputs": False,
    "'d' in 'Ada'": True,
    "1 in inputs": False,
    "inputs['customer-id']": 7,
    "nodes.n1.output.rows[0].amount": 2,
    "nodes['a-b'].output": 1,
    "nodes.n1.output.rows[-1]._id": 2,
    "nodes.n1.output.json.rate": 1.5,
    "vars.list[1:]": [1, 2],
    "inputs.name[::-1]": "adA",
    "credentials.bank.password": "p",
    "loops.outer.item + str(loops.outer.index)": "o4",
    "execution.id": "e1",
    "inputs.keys": "own",
    "[r.name for r in nodes.n1.output.rows if r.amount > 5]": ["a"],
    "{r.name: r.amount for r in nodes.n1.output.rows}": {"b": 2, "a": 10.5},
    "[[x, y] for x in [1, 2] for y in [x, 10] if y > 1]": [[1, 10], [2, 2], [2, 10]],
    "[k + str(v) for k, v in {'a': 1}.items()]": ["a1"],
    "[x for x in [1] for x in [x + 1]]": [2],
    "sum(r.amount for r in nodes.n1.output.rows)": 12.5,
    "[*vars.list, 9]": [3, 1, 2, 9],
    "{**{'a': 1, 'b': 1}, 'b': 2}": {"a": 1, "b": 2},
    "(1, 2)": [1, 2],
    "f'{inputs.name}: {1234.5:,.2f} {true}'": "Ada: 1,234.50 true",
    "len(inputs.name) + len(vars.list) + len({'a': 1})": 7,
    "sorted(vars.list, reverse=True)": [3, 2, 1],
    "sorted(nodes.n1.output.rows, 'amount')[-1].name": "a",
    "min(vars.list) + max(4, 5)": 6,
    "round(2.567, 2) + round(2.5) + abs(-1)": 5.57,
    "int('12') + int(3.9) + float('1.5')": 16.5,
    "[str(None), str(true), str(1.0), str([1, 'ä'])]": ["null", "true", "1.0", '[1, "ä"]'],
    "bool('') or bool('x')": True,
    "range(3) + range(1, 7, 3)": [0, 1, 2, 1, 4],
    "any([0, 1]) and not all([0, 1])": True,
    "list('ab') + list({'k': 1}) + reversed([1, 2])": ["a", "b", "k", 2, 1],
    "unique([1, 2, 1, [3], [3]])": [1, 2, [3]],
    "enumerate(['a'], 1) + zip([1, 2], 'xy')": [[1, "a"], [1, "x"], [2, "y"]],
    "keys(inputs)[0] + str(values({'a': 5})[0])": "x5",
    "join(vars.list, '-') + ', '.join(['a', 1])": "3-1-2a, 1",
    "split('a,b', ',') + 'a b'.split()": ["a", "b", "a", "b"],
    "upper('a') + 'B'.lower() + ' x '.strip() + replace('aXa', 'X', 'b')": "Abxaba",
    "'a.csv'.endswith(['.csv', '.txt']) and 'ab'.startswith('a')": True,
    "'7'.zfill(3) + 'x'.ljust(2, '.') + 'ab'.replace('', '-')": "007x.-a-b-",
    "inputs.get('nothing', 5)": 5,
    "[1, 2, 1].count(1) + [5].index(5)": 2,
    "json('{\"a\": [1]}').a[0]": 1,
    "json({'a': 'ü'})": '{"a": "ü"}',
    "jmespath(nodes.n1.output, 'rows[?amount > `5`].name | [0]')": "a",
    "jmespath(inputs, 'missing')": None,
    "now()": "2026-03-29T00:30:00Z",
    "now('Europe/Zurich')": "2026-03-29T01:30:00+01:00",
    "date('2026-01-31', days=1)": "2026-02-01T00:00:00Z",
    "date('2026-01-31T09:30:00+02:00', '%d.%m.%Y %H:%M', zone='UTC')": "31.01.2026 07:30",
    "date(0)[:4] + date(format='%j')": "1970088",
    "timestamp('1970-01-02') + timestamp(5)": 86405.0,
    "default(nodes.nothing.output.x, 1)": 1,
    "default(inputs.none.deep, 2) + default(vars.list[9], 3)": 5,
    "default(default(inputs.a, inputs.b), 4)": 4,
    "default(inputs.x, 1 / 0)": 3,
    "\n  1 +\n  2\n": 3,
    "'}}' + '{{'": "}}{{",
    "inputs.get('x') + {'from': {'class': 1}}.from.class + len('a.from')": 10,
    "floor(-1.5) + ceil(1.5)": 0,
}


@pytest.mark.parametrize("source", VALUES)
def test_an_expression_has_the_value(source):
    value = value_of(source)
    assert value == VALUES[source]
    assert type(value) is type(VALUES[source])


FAILING = {
    "1 / 0": "Division by zero",
    "inputs.y": "`inputs` has no key 'y'; there are: x, name, none, keys, customer-id",
    "nodes.n1.output.json.rat": "`nodes.n1.output.json` has no key 'rat'; there are: rate",
    "nodes.n2.output": "no node 'n2'; there are: n1, a-b",
    "credentials.other.x": "no credential 'other'",
    "vars.list[7]": "has no element 7; it has 3",
    "inputs.x.y": "is a number, so it has no 'y'",
    "inputs.none.y": "is null",
    "item": "only inside a forEach",
    "'a' + 1": "turn the other side into text",
    "'a' - 1": "needs numbers",
    "'%s' % 'a'": "needs numbers, not a text and a text",
    "'a' < 1": "cannot compare a text with a number",
    "1 in 5": "needs a text, a list or an object",
    "sum(['a'])": "adds numbers, not a text",
    "len(5)": "len() needs",
    "sorted([1, 'a'])": "not supported",
    "sorted([{'a': 1}], 'b')": "no key 'b'",
    "min([])": "empty list",
    "int('x')": "invalid literal",
    "date('yesterday')": "is no date",
    "now('Mars')": "no time zone 'Mars'",
    "now('../../etc/passwd')": "no time zone",
    "jmespath({}, '[')": "no JMESPath",
    'json(\'{"a": 1, "a": 2}\')': "stands twice",
    "{1: 2}": "keys of an object are texts",
    "[a for a, b in [1]]": "need a list of 2 elements",
    "[a for a in 5]": "Only lists",
    "(-8) ** 0.5": "no real root",
    "default(1 / 0, 5)": "Division by zero",
    "inputs.name.nothing": "is a text",
    "'a'.join(5)": "join() needs a list",
    "f'{vars.list:5}'": "cannot be formatted",
}


@pytest.mark.parametrize("source", FAILING)
def test_a_failing_expression_says_what_to_do(source):
    with pytest.raises(ExpressionError) as caught:
        value_of(source)
    assert FAILING[source] in str(caught.value)
    assert len(str(caught.value)) < 500


def test_evaluation_leaves_the_data_as_it_was():
    rows = [3, 1, 2]
    for source in ("sorted(vars.list)", "reversed(vars.list)", "vars.list + [4]", "[*vars.list]", "unique(vars.list)"):
        assert value_of(source, vars={"list": rows}) is not rows
    assert rows == [3, 1, 2]


def test_only_what_is_missing_is_allowed_by_default():
    with pytest.raises(MissingError):
        value_of("inputs.nothing")
    with pytest.raises(ExpressionError, match="so it has no"):
        value_of("default(inputs.x.deep, 1)")


def test_references_say_what_is_read_and_whether_it_must_be_there():
    found = compile_expression("nodes.a.output + default(vars.b, inputs.c) if item else credentials.d.e").references
    assert {(r.root, r.key, r.certain) for r in found} == {
        ("item", None, True),
        ("nodes", "a", False),
        ("vars", "b", False),
        ("inputs", "c", False),
        ("credentials", "d", False),
    }


def test_item_and_index_are_there_inside_a_loop():
    assert value_of("[item, index]", item="x", index=2, in_loop=True) == ["x", 2]
