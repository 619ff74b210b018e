"""Schemas of payloads: what they refuse, and what is refused of them."""

import json
import time
from typing import Any

import pytest

from services.kit.errors import DomainError
from services.scheduler.queues.schemas import MAXIMUM_PAYLOAD_BYTES, check_schema, payload_problems

INVOICE = {
    "type": "object",
    "required": ["number"],
    "properties": {"number": {"type": "string", "pattern": "^INV-[0-9]+$"}, "lines": {"items": {"$ref": "#/$defs/l"}}},
    "$defs": {"l": {"type": "object", "properties": {"amount": {"type": "number"}}}},
    "additionalProperties": False,
}


def dump(document: Any) -> bytes:
    return json.dumps(document).encode()


def problems(schema: Any, payload: Any) -> list[str]:
    return [field.pointer for field in payload_problems(check_schema(dump(schema)), dump(payload), "/payload")]


def refused(schema: Any) -> str:
    with pytest.raises(DomainError) as error:
        check_schema(dump(schema))
    assert error.value.reason == "SCHEMA_INVALID"
    return error.value.message


def test_a_payload_is_judged_by_place() -> None:
    assert problems(INVOICE, {"number": "INV-7", "lines": [{"amount": 1}]}) == []
    assert problems(INVOICE, {"number": "7", "lines": [{"amount": "x"}]}) == [
        "/payload/number",
        "/payload/lines/0/amount",
    ]
    assert problems(INVOICE, {"x": 1}) == ["/payload", "/payload"]
    assert problems({"patternProperties": {"^n_": {"type": "integer"}}}, {"n_a": 1, "n_b": "x"}) == ["/payload/n_b"]
    assert problems({"uniqueItems": True}, [1, {"a": 1}, {"a": 1}]) == ["/payload"]


def test_without_a_schema_any_json_will_do() -> None:
    assert check_schema(b"") == check_schema(b"null") == b""
    assert payload_problems(b"", b"[1, null]", "/payload") == []
    assert payload_problems(b"", b"{", "/payload")[0].pointer == "/payload"
    too_long = b'"' + b"x" * MAXIMUM_PAYLOAD_BYTES + b'"'
    assert "262144" in payload_problems(b"", too_long, "/payload")[0].detail


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ([], "JSON object"),
        ({"type": "nothing"}, "not valid"),
        ({"$ref": "https://example.com/schema"}, "leads out"),
        ({"$ref": "#/$defs/none"}, "leads nowhere"),
        ({"properties": {"next": {"$ref": "#"}}}, "contains itself"),
        ({"$dynamicRef": "#x"}, "$ref"),
        ({"pattern": "(?=a)b"}, "pattern"),
        ({"patternProperties": {"(": {}}}, "regex"),
    ],
)
def test_what_could_not_judge_is_refused_when_it_is_saved(schema: Any, words: str) -> None:
    assert words in refused(schema)


def test_a_schema_that_grows_beyond_measure_is_refused() -> None:
    definitions = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    assert "members" in refused({"$ref": "#/$defs/d0", "$defs": {**definitions, "d40": {}}})


def test_hostile_patterns_and_lists_take_no_time() -> None:
    began = time.monotonic()
    assert problems({"pattern": "^(a+)+$"}, "a" * 5_000 + "!") == ["/payload"]
    assert problems({"uniqueItems": True}, [{} for _ in range(30_000)]) == ["/payload"]
    assert time.monotonic() - began < 5
