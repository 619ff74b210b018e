"""Exports of Node-RED: translated, judged by the same rules as drawings of ours, and run on the real engine."""

from typing import Any

from runner.workflow.foreign.translation import translate
from tests.contract.graphs.exports import errors, outcome, told


def red(key: str, kind: str, *wires: list[str], **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "type": kind,
        "z": "t",
        "name": more.pop("name", key),
        "x": 10,
        "y": 20,
        "wires": list(wires),
        **more,
    }


TAB = {"id": "t", "type": "tab", "label": "Orders", "info": "What it does"}


async def test_a_flow_of_node_red_runs_as_it_did() -> None:
    document = [
        TAB,
        red("in", "http in", ["set"], url="/orders", method="post"),
        red(
            "set",
            "change",
            ["sw"],
            rules=[
                {"t": "set", "p": "payload.total", "pt": "msg", "to": "payload.price", "tot": "msg"},
                {"t": "set", "p": "topic", "pt": "msg", "to": "order", "tot": "str"},
                {
                    "t": "change",
                    "p": "topic",
                    "pt": "msg",
                    "from": "order",
                    "fromt": "str",
                    "to": "Order",
                    "tot": "str",
                },
            ],
        ),
        red(
            "sw",
            "switch",
            ["yes"],
            ["no"],
            property="payload.total",
            rules=[{"t": "gt", "v": "100", "vt": "num"}, {"t": "else"}],
            checkall="false",
        ),
        red("yes", "debug", [], complete="payload.total", targetType="msg"),
        red("no", "delay", ["out"], pauseType="delay", timeout="0", timeoutUnits="seconds"),
        red("out", "debug", [], complete="topic", targetType="msg"),
        {"id": "c", "type": "comment", "z": "t", "name": "Look", "info": "here", "x": 1, "y": 2, "wires": []},
        {"id": "broker", "type": "mqtt-broker", "name": "Broker"},
    ]
    translation = translate(document)
    assert (translation.name, translation.description) == ("Orders", "What it does")
    assert translation.graph["notes"][0]["text"] == "Look\n\nhere"
    assert told(translation, "setting") == {
        "Broker": "mqtt-broker: a configuration that other nodes share; it was left out."
    }
    ran, _ = await outcome(translation, "1", webhook={"body": {"price": 500}})
    assert ran.witness.output_of("yes") == {"message": "yes: 500", "level": "info"}
    ran, _ = await outcome(translation, "1", webhook={"body": {"price": 5}})
    assert ran.witness.output_of("out") == {"message": "out: Order", "level": "info"}


async def test_a_split_and_its_join_become_a_loop() -> None:
    document = [
        TAB,
        red(
            "go",
            "inject",
            ["rows"],
            props=[{"p": "payload"}],
            payload="[1, 2]",
            payloadType="json",
            crontab="0 9 * * 1",
        ),
        red("rows", "link out", [], mode="link", links=["there"]),
        red("there", "link in", ["each"]),
        red("each", "split", ["say"]),
        red("say", "debug", [], ["together"], complete="payload"),
        red("together", "join", ["end"]),
        red("end", "delay", [], timeout="0"),
    ]
    document[5]["wires"] = [["together"]]
    translation = translate(document)
    assert told(translation, "trigger") == {"go": 'Make a schedule trigger: cron "0 9 * * 1".'}
    ran, _ = await outcome(translation, "1")
    assert [line for line in ran.story if "say" in line] == ["each0/say:completed", "each1/say:completed"]
    assert ran.story[-1] == "end:completed"


def test_functions_subflows_and_templates_are_placeholders_with_their_originals() -> None:
    document = [
        TAB,
        {"id": "sub", "type": "subflow", "name": "Shared", "in": [], "out": []},
        red("go", "inject", ["f"]),
        red("f", "function", ["u"], func="msg.payload = 1; return msg;"),
        red("u", "subflow:sub", ["p"]),
        red("p", "template", ["r"], template="Hello {{payload}}"),
        red("r", "http request", [], method="GET", url="https://h/{{{payload}}}"),
    ]
    translation = translate(document)
    assert set(told(translation, "refused")) == {"Shared", "f", "u", "p", "r"}
    assert "return msg;" in str(translation.graph["notes"])
    assert errors(translation) == []
