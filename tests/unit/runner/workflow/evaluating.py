"""Expressions evaluated over the data of a small execution."""

from datetime import UTC, datetime

from runner.workflow.evaluation import Environment, Names
from runner.workflow.expressions import compile_expression

ROWS = [{"name": "b", "amount": 2, "_id": 1}, {"name": "a", "amount": 10.5, "_id": 2}]


def environment(**more):
    values = {
        "inputs": {"x": 3, "name": "Ada", "none": None, "keys": "own", "customer-id": 7},
        "vars": {"total": 10, "list": [3, 1, 2]},
        "nodes": Names({"n1": {"output": {"rows": ROWS, "json": {"rate": 1.5}}}, "a-b": {"output": 1}}, "node"),
        "loops": Names({"outer": {"item": "o", "index": 4}}, "loop"),
        "credentials": Names({"bank": {"user": "u", "password": "p"}}, "credential"),
        "execution": {"id": "e1"},
        "now": lambda: datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
    }
    return Environment(**{**values, **more})


def value_of(source, **more):
    return compile_expression(source).evaluate(environment(**more))
