"""Requests are judged field by field before anything is stored."""

from datetime import UTC, datetime, timedelta

import pytest

from runner.workflow.graph import Input
from services.kit.errors import DomainError
from services.scheduler.executions.inputs import check_limits, concurrency_key, dump_inputs, read_inputs

DECLARED = (Input("file", "string", required=True), Input("rows", "integer", default=10))


def test_defaults_fill_in_what_is_missing() -> None:
    inputs = read_inputs(b'{"file": "a.csv", "more": 1}', DECLARED)
    assert inputs == {"file": "a.csv", "rows": 10, "more": 1}
    assert dump_inputs(inputs) == b'{"file":"a.csv","more":1,"rows":10}'


@pytest.mark.parametrize(
    ("data", "pointers"),
    [
        (b"", ["/inputs/file"]),
        (b'{"file": 1, "rows": "x"}', ["/inputs/file", "/inputs/rows"]),
        (b"[]", ["/inputs"]),
        (b"{", ["/inputs"]),
        (b'{"file": NaN}', ["/inputs"]),
        (b'{"file": "\\u0000"}', ["/inputs/file"]),
        (b'{"file": "\\ud800"}', ["/inputs/file"]),
    ],
)
def test_bad_inputs_are_named_by_pointer(data: bytes, pointers: list[str]) -> None:
    with pytest.raises(DomainError) as caught:
        read_inputs(data, DECLARED)
    assert caught.value.reason == "INPUTS_INVALID"
    assert [field.pointer for field in caught.value.fields] == pointers


@pytest.mark.parametrize(
    ("template", "key"),
    [
        (None, ""),
        ("all", "all"),
        ("{{ inputs.customer }}", "Ada"),
        ("{{inputs.customer}}/{{ inputs.order.number }}", "Ada/7"),
        (5, "5"),
    ],
)
def test_concurrency_keys_are_made_from_inputs(template: str, key: str) -> None:
    assert concurrency_key(template, {"customer": "Ada", "order": {"number": 7}}) == key


def test_a_concurrency_key_of_a_missing_input_is_refused() -> None:
    with pytest.raises(DomainError, match="inputs do not fit"):
        concurrency_key("{{ inputs.nobody }}", {})


def test_every_number_out_of_range_is_named_at_once() -> None:
    with pytest.raises(DomainError) as caught:
        check_limits(
            priority=101,
            timeout_seconds=float("nan"),
            queue_timeout_seconds=-1.0,
            dedupe_key="x" * 201,
            not_before=datetime.now(UTC) + timedelta(days=400),
        )
    pointers = {field.pointer for field in caught.value.fields}
    assert pointers == {"/priority", "/timeoutSeconds", "/queueTimeoutSeconds", "/dedupeKey", "/notBefore"}
