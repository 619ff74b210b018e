"""An expression tried on samples answers its value, or why it has none; it never fails the call."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
import pytest_asyncio

from exekra.scheduler.v1 import expression_service_pb2 as pb
from services.kit.errors import DomainError
from services.scheduler.expressions.evaluator import Evaluator
from services.scheduler.expressions.rpc import MAXIMUM_SOURCE, ExpressionServicer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def kept_globals(names: Sequence[str]) -> Mapping[str, Any]:
    """Of the global variables there are, those that are asked for."""
    return {name: value for name, value in {"rate": 2, "pace": 3}.items() if name in names}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service() -> AsyncIterator[ExpressionServicer]:
    """One worker process serves them all."""
    async with Evaluator() as evaluator:
        yield ExpressionServicer(evaluator, kept_globals)


async def preview(service: ExpressionServicer, context: Any = None, **source: str) -> pb.PreviewExpressionResponse:
    body = json.dumps(context or {}).encode()
    return await service.PreviewExpression(pb.PreviewExpressionRequest(context_json=body, **source), None)


async def test_an_expression_sees_the_context_by_the_names_it_will_have(service: ExpressionServicer) -> None:
    context = {
        "inputs": {"rate": 2},
        "vars": {"sum": 1},
        "nodes": {"fetch": {"output": {"rows": [{"price": 10}]}}},
        "loops": {"each": {"item": 5, "index": 3}},
        "item": 5,
        "index": 3,
    }
    text = "nodes.fetch.output.rows[0].price * inputs.rate + vars.sum + item + index + loops.each.item"
    answer = await preview(service, context, expression=text)
    assert (answer.ok, json.loads(answer.value_json), answer.kind) == (True, 34, pb.VALUE_KIND_NUMBER)
    assert not answer.abridged


async def test_a_template_joins_text_and_keeps_the_type_of_a_lone_expression(service: ExpressionServicer) -> None:
    context = {"inputs": {"name": "Ada", "rows": [1, 2]}}
    joined = await preview(service, context, template="Hello {{ inputs.name }}, {{ len(inputs.rows) }} rows")
    alone = await preview(service, context, template="{{ inputs.rows }}")
    assert (joined.value_json, joined.kind) == (b'"Hello Ada, 2 rows"', pb.VALUE_KIND_TEXT)
    assert (alone.value_json, alone.kind) == (b"[1,2]", pb.VALUE_KIND_LIST)


async def test_a_missing_sample_is_told_apart_from_what_is_wrong(service: ExpressionServicer) -> None:
    for text in ("nodes.fetch.output", "inputs.name", "item", "loops.each.item", "credentials.bank.password"):
        answer = await preview(service, expression=text)
        assert (answer.ok, answer.missing) == (False, True), text
    for text in ("1 +", "len(5)", "1 / 0", "open('x')", "'\\ud800' + 5", ""):
        answer = await preview(service, expression=text)
        assert (answer.ok, answer.missing, bool(answer.error)) == (False, False, True), text
    unclosed = await preview(service, template="Total {{ inputs.a")
    assert "has no `}}`" in unclosed.error


async def test_a_long_value_is_cut_short(service: ExpressionServicer) -> None:
    answer = await preview(service, expression="range(5000)")
    assert answer.abridged
    assert json.loads(answer.value_json) == list(range(100))


async def test_half_a_character_does_not_break_the_answer(service: ExpressionServicer) -> None:
    whole = await preview(service, expression="'\\ud800'")
    assert json.loads(whole.value_json) == "\ud800"
    missing = await preview(service, {"inputs": {}}, expression="inputs['\\ud800']")
    assert missing.missing


async def test_a_context_that_no_expression_can_see_is_refused_with_its_place(service: ExpressionServicer) -> None:
    for context, pointer in (
        ({"input": {}}, "/context/input"),
        ({"nodes": []}, "/context/nodes"),
        ({"index": "1"}, "/context/index"),
        ([1], "/context"),
    ):
        with pytest.raises(DomainError) as refused:
            await preview(service, context, expression="1")
        assert [field.pointer for field in refused.value.fields] == [pointer]
    with pytest.raises(DomainError):
        await preview(service)
    with pytest.raises(DomainError):
        await preview(service, template="x" * (MAXIMUM_SOURCE + 1))


async def test_global_variables_are_those_of_the_hub_but_for_samples(service: ExpressionServicer) -> None:
    answer = await preview(service, {"globals": {"pace": 10}}, expression="globals.rate * globals.pace")
    assert (answer.ok, answer.value_json) == (True, b"20")
    unknown = await preview(service, expression="globals.nothing")
    assert (unknown.ok, unknown.missing) == (False, True)
