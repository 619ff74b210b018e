"""Expressions that want more than data: what is refused, and what is stopped."""

import time

import pytest

from runner.workflow.evaluation import ExpressionError
from runner.workflow.expressions import compile_expression
from tests.unit.runner.workflow.evaluating import value_of

REFUSED = [
    "",
    "  ",
    "1 +",
    "(1",
    "1)",
    "1) + (2",
    "a = 1",
    "a := 1",
    "(a := 1)",
    "lambda: 1",
    "(lambda: 1)()",
    "import os",
    "__import__('os')",
    "open('/etc/passwd')",
    "eval('1')",
    "exec('1')",
    "compile('1')",
    "getattr(inputs, 'x')",
    "globals()",
    "locals()",
    "vars()",
    "type(1)",
    "print(1)",
    "input()",
    "nothing",
    "os.system('x')",
    "self",
    "inputs.x()",
    "inputs['x']()",
    "[].append(1)",
    "{}.update({})",
    "{}.pop('a')",
    "''.format(1)",
    "'{0.x}'.format(inputs)",
    "''.format_map(inputs)",
    "''.encode()",
    "''.translate({})",
    "''.maketrans('a', 'b')",
    "(1).to_bytes(9)",
    "().__class__()",
    "[].__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__[1].__subclasses__()",
    "now.__globals__",
    "now.__code__",
    "default.__globals__",
    "len",
    "nodes",
    "loops",
    "credentials",
    "nodes[inputs.name]",
    "credentials[inputs.name].password",
    "str(nodes)",
    "[nodes]",
    "json(credentials)",
    "f'{nodes}'",
    "{1, 2}",
    "{x for x in [1]}",
    "1 | 2",
    "1 & 2",
    "1 ^ 2",
    "~1",
    "1 << 99",
    "1 >> 1",
    "1 @ 1",
    "b'a'",
    "1j",
    "...",
    "await x",
    "[x async for x in inputs]",
    "(yield 1)",
    "(yield from [])",
    "len(*[[1]])",
    "round(**{})",
    "x is 5",
    "1 is 1",
    "f'{1!r}'",
    "f'{1:{2}}'",
    "[x.y for x.y in []]",
    "[0 for vars.x in [1]]",
    "1e999",
    "9" * 400,
    "9" * 5000,
    "default()",
    "default(1)",
    "default(1, 2, 3)",
    "default(x=1)",
    "1; 2",
    "1\n2",
    "for x in []: 1",
    "None.x = 1",
    "del inputs",
    "inputs.x if",
    "'unclosed",
    '"',
    "{{ 1 }}",
    "assert 1",
    "x" * 10_001,
    "'" + "x" * 9_999,
    "\x00",
    "1\x002",
    "not",
    "-" * 400 + "1",
    "(" * 300 + "1" + ")" * 300,
    "[" * 150 + "]" * 150,
    "1" + "+1" * 600,
    "inputs" + ".a" * 200,
    "0 if 1 else " * 150 + "1",
    "not " * 200 + "1",
    "f'{' + '1'",
    "True.__class__()",
    "(1).real()",
    "inputs.items.x()",
]


@pytest.mark.parametrize("source", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_expression_is_refused_before_it_runs(source):
    with pytest.raises(ExpressionError):
        compile_expression(source)


ATTRIBUTE_ATTACKS = [
    "().__class__",
    "{}.__class__",
    "''.__class__",
    "(1).__class__",
    "inputs.__class__",
    "inputs.__dict__",
    "vars.__init__.__globals__",
    "nodes.__class__",
    "nodes._frame",
    "credentials._credentials",
    "loops.__class__.__name__",
    "execution.__reduce__",
    "[].__len__",
    "inputs['__class__']",
    "nodes.n1.__class__",
    "now().__class__",
    "[x.__class__ for x in [1]]",
    "jmespath(inputs, '__class__.x').y",
]


@pytest.mark.parametrize("source", ATTRIBUTE_ATTACKS)
def test_an_attribute_is_a_key_of_data_and_nothing_else(source):
    with pytest.raises(ExpressionError):
        value_of(source)


EXPLOSIONS = [
    "'a' * 10 ** 9",
    "[0] * 10 ** 9",
    "10 ** 9 * 'a'",
    "9 ** 9 ** 9",
    "2 ** 4000",
    "(2 ** 1000) ** 2",
    "(2 ** 1000) * (2 ** 1000)",
    "1e308 * 10",
    "float('inf')",
    "float('nan')",
    "1e308 * 1e308",
    "range(10 ** 9)",
    "list(range(10 ** 7))",
    "[0 for a in range(100000) for b in range(100000)]",
    "sum(1 for a in range(1000) for b in range(1000) for c in range(1000))",
    "[[0 for b in range(9999)] for a in range(9999)]",
    "'a'.ljust(10 ** 9)",
    "'a'.zfill(10 ** 9)",
    "'a'.center(10 ** 9, 'b')",
    "('a' * 1000000).replace('a', 'b' * 1000)",
    "('a' * 1000).replace('', 'b' * 10000)",
    "('ab' * 1000).join(['x'] * 10000)",
    "join(['x' * 1000] * 100000)",
    "f'{1:999999999}'",
    "f'{1:0>1000000000}'",
    "date(0, '%1000000000d')",
    "date(0, '%' * 101)",
    "date(0, 'x' * 101)",
    "date('2026-01-01', days=10 ** 30)",
    "date(10 ** 30)",
    "int('9' * 5000)",
    "('a ' * 500000).split()",
    "str([['x' * 100000] * 100000])",
    "str([x for a in [['y' * 1000] * 1000] for x in [a] * 1000])",
    "json('[' * 5000 + ']' * 5000)",
    "json('[' + '1,' * 400000 + '1]') == 0 or json('[' + '1,' * 400000 + '1]') == 0",
    "unique([[0] * 10000] * 100000)",
    "sorted([[0] * 10000] * 100000)",
    "[0 for a in range(100000) if ('b' * 999999).find('ab') > 0]",
    "jmespath('x', '[@,@]" + " | [@,@]" * 60 + " | to_string(@)')",
    "jmespath('x', '[@,@]" + " | [@,@]" * 60 + "')",
    'jmespath([\'x\'], \'[join(`""`, @), join(`""`, @)]' + ' | [join(`""`, @), join(`""`, @)]' * 40 + "')",
    "jmespath('x', '[@,@]" + " | [@,@]" * 60 + " | @ == @')",
    "'x'.count(1)",
    "str(" + "[" * 90 + "]" * 90 + ") * 100000",
]

DOUBLING = "[0]"
for _level in range(24):
    DOUBLING = f"[[a{_level}, a{_level}] for a{_level} in {DOUBLING}]"
EXPLOSIONS += [DOUBLING, f"str({DOUBLING})", f"{DOUBLING} == {DOUBLING}", f"{DOUBLING} in [{DOUBLING}]"]


@pytest.mark.parametrize("source", EXPLOSIONS, ids=range(len(EXPLOSIONS)))
def test_nothing_explodes(source):
    began = time.process_time()
    with pytest.raises(ExpressionError):
        value_of(source)
    # A hundred times the limit: this is about minutes and gigabytes, not about milliseconds.
    assert time.process_time() - began < 20


def test_an_endless_comprehension_is_stopped_by_the_clock():
    with pytest.raises(ExpressionError, match="takes longer than 200 ms"):
        value_of(
            "sum(0 for a in vars.list for b in vars.list if [c for c in vars.list if c < 0])", vars={"list": [1] * 9999}
        )


def test_large_data_that_is_only_passed_on_is_not_limited():
    rows = [{"text": "x" * 1000} for _ in range(10_000)]
    assert value_of("vars.rows", vars={"rows": rows}) is rows
    assert len(value_of("[r for r in vars.rows if r.text]", vars={"rows": rows})) == 10_000


def test_data_is_never_evaluated_again():
    assert value_of("inputs.x", inputs={"x": "{{ 1 / 0 }}"}) == "{{ 1 / 0 }}"
    assert value_of("inputs[inputs.x]", inputs={"x": "1 + 1", "1 + 1": "kept"}) == "kept"


def test_names_of_a_comprehension_do_not_leak():
    with pytest.raises(ExpressionError, match="There is no name 'x'"):
        compile_expression("[x for x in [1]] + [x]")
