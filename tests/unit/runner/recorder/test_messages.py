import json

import pytest

from runner.recorder.messages import MAX_MESSAGE, Fill, read_message

ELEMENT = {"tag": "input", "path": "body > input"}


def test_what_the_script_tells_is_read():
    found = read_message(json.dumps({"kind": "fill", "element": ELEMENT, "label": "Name", "value": "Ada"}))
    assert isinstance(found, Fill)
    assert (found.label, found.value, found.secret) == ("Name", "Ada", False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        json.dumps({"kind": "format disk", "element": ELEMENT}),
        json.dumps({"kind": "fill", "value": "without an element"}),
        json.dumps({"kind": "press", "element": ELEMENT, "key": "F12"}),
        json.dumps({"kind": "click", "element": ELEMENT, "label": "x" * 201}),
        json.dumps({"kind": "fill", "element": ELEMENT, "value": "x" * MAX_MESSAGE}),
    ],
)
def test_what_no_script_of_ours_tells_is_dropped(text):
    assert read_message(text) is None
