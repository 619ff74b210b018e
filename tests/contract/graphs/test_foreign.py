"""Exports of n8n and Node-RED: translated, judged by the same rules as drawings of ours, and run on the real engine."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.workflow.foreign.model import ForeignError, Translation
from runner.workflow.foreign.translation import is_foreign, translate
from runner.workflow.problems import Problem
from runner.workflow.validation import validate_document
from tests.contract.graphs.world import CATALOGUE, Ran, run

BASE = "n8n-nodes-base."


def n8n(*nodes: dict[str, Any], wires: str = "", **more: Any) -> dict[str, Any]:
    """A workflow; wires as in `A>B If:1>C`. Names have no spaces here."""
    connections: dict[str, Any] = {}
    for wire in wires.split():
        source, _, target = wire.partition(">")
        name, _, output = source.partition(":")
        outputs = connections.setdefault(name, {"main": []})["main"]
        while len(outputs) <= int(output or 0):
            outputs.append([])
        outputs[int(output or 0)].append({"node": target, "type": "main", "index": 0})
    return {"name": "Theirs", "nodes": list(nodes), "connections": connections, "active": False, **more}


def at(
    name: str, kind: str, version: float = 1, /, original: dict[str, Any] | None = None, **parameters: Any
) -> dict[str, Any]:
    node = {"name": name, "type": f"{BASE}{kind}", "typeVersion": version, "position": [100, 200]}
    return {**node, "parameters": parameters, **(original or {})}


def fields(**values: Any) -> dict[str, Any]:
    """The parameters of a Set since version 3.3."""
    kinds = {bool: "boolean", int: "number", str: "string", list: "array", dict: "object"}
    return {
        "assignments": {
            "assignments": [
                {"id": name, "name": name, "type": kinds[type(value)], "value": value} for name, value in values.items()
            ]
        }
    }


def compare(left: Any, operation: str, right: Any = "", kind: str = "string") -> dict[str, Any]:
    """Conditions of an If since version 2."""
    condition = {"leftValue": left, "rightValue": right, "operator": {"type": kind, "operation": operation}}
    return {"conditions": {"options": {"caseSensitive": True}, "conditions": [condition], "combinator": "and"}}


HOOK = at("Hook", "webhook", 2, httpMethod="POST", path="orders")


def errors(translation: Translation) -> list[Problem]:
    _, problems = validate_document(translation.graph, CATALOGUE)
    return [problem for problem in problems if problem.severity == "error"]


def told(translation: Translation, kind: str) -> dict[str, str]:
    return {note.node: note.message for note in translation.notes if note.kind == kind}


async def outcome(translation: Translation, output: str, **inputs: Any) -> tuple[Ran, Any]:
    """What a run gives; `output` is an expression without braces."""
    assert errors(translation) == []
    ran = await run({**translation.graph, "output": f"{{{{ {output} }}}}"}, inputs=inputs)
    return ran, ran.outcome.output


# -- n8n --------------------------------------------------------------------------------------------------------------


async def test_a_webhook_with_fields_and_a_branch_runs_as_it_did() -> None:
    document = n8n(
        HOOK,
        at(
            "Edit",
            "set",
            3.4,
            **fields(total="={{ $json.body.price * $json.body.count }}", who="=Dear {{ $json.body.name }}"),
        ),
        at("Big", "if", 2.2, **compare("={{ $json.total }}", "gt", 100, "number")),
        at("Yes", "set", 3.4, **fields(text="={{ $('Edit').item.json.who + '!' }}")),
        at("No", "set", 3.4, **fields(text="={{ $json.who.toUpperCase() }}")),
        at("Together", "noOp"),
        wires="Hook>Edit Edit>Big Big:0>Yes Big:1>No Yes>Together No>Together",
    )
    translation = translate(document)
    assert told(translation, "trigger") == {"Hook": "Make a webhook trigger; it was POST /orders there."}
    wanted = 'default(nodes.yes.output.text, default(nodes.no.output.text, ""))'
    for price, text in ((60, "Dear Ada!"), (5, "DEAR ADA")):
        webhook = {"body": {"price": price, "count": 2, "name": "Ada"}}
        _, found = await outcome(translation, wanted, webhook=webhook)
        assert found == text


async def test_a_loop_over_batches_becomes_a_container() -> None:
    document = n8n(
        HOOK,
        at("Rows", "set", 3.4, mode="raw", jsonOutput='{"rows": [1, 2]}'),
        at("Loop", "splitInBatches", 3),
        at("Double", "set", 3.4, **fields(twice="={{ $json.amount * 2 }}")),
        at("Pause", "wait", 1.1, amount=0, unit="seconds"),
        at("After", "noOp"),
        wires="Hook>Rows Rows>Loop Loop:1>Double Double>Pause Pause>Loop Loop:0>After",
    )
    translation = translate(document)
    loop = next(node for node in translation.graph["nodes"] if node["id"] == "loop")
    assert [node["id"] for node in loop["body"]["nodes"]] == ["double", "pause"]
    assert loop["body"]["edges"] == [{"from": "double", "port": "out", "to": "pause", "id": "loop-e1"}]
    assert {"Loop"} <= set(told(translation, "approximate"))
    loop["config"]["items"] = [{"amount": 4}, {"amount": 5}]
    ran, _ = await outcome(translation, "1", webhook={})
    assert [line for line in ran.story if "double" in line] == ["loop0/double:completed", "loop1/double:completed"]
    assert ran.story[-1] == "after:completed"


def test_loops_stand_in_loops() -> None:
    document = n8n(
        at("Go", "manualTrigger"),
        at("Outer", "splitInBatches", 3),
        at("Inner", "splitInBatches", 1),
        at("Work", "noOp"),
        at("End", "noOp"),
        wires="Go>Outer Outer:1>Inner Inner:0>Work Work>Inner Inner:1>Outer Outer:0>End",
    )
    translation = translate(document)
    (outer,) = [node for node in translation.graph["nodes"] if node["id"] == "outer"]
    (inner,) = outer["body"]["nodes"]
    assert [node["id"] for node in inner["body"]["nodes"]] == ["work"]


def test_a_cycle_that_is_no_clean_loop_is_cut_and_told() -> None:
    document = n8n(
        at("Go", "manualTrigger"),
        at("Loop", "splitInBatches", 3),
        at("Work", "noOp"),
        at("Aside", "noOp"),
        wires="Go>Loop Go>Aside Aside>Work Loop:1>Work Work>Loop",
    )
    translation = translate(document)
    assert set(told(translation, "cycle")) >= {"Loop"}
    assert errors(translation) == []
    again = n8n(at("Go", "manualTrigger"), at("A", "noOp"), at("B", "noOp"), wires="Go>A A>B B>A")
    assert told(translate(again), "cycle") == {"B": "The edge back to A was left out: repeat by forEach or while."}


def test_what_has_no_equivalent_keeps_its_place_and_its_text() -> None:
    code = at("Reckon", "code", 2, jsCode="return items.map(i => i)")
    document = n8n(HOOK, code, at("Next", "noOp"), wires="Hook>Reckon Reckon>Next")
    translation = translate(document)
    assert "Code has no equivalent" in told(translation, "refused")["Reckon"]
    (placed,) = [node for node in translation.graph["nodes"] if node["id"] == "reckon"]
    assert (placed["disabled"], placed["position"]) == (True, {"x": 100, "y": 200})
    assert "items.map(i => i)" in translation.graph["notes"][0]["text"]
    assert [(edge["from"], edge["to"]) for edge in translation.graph["edges"]] == [
        ("start", "reckon"),
        ("reckon", "next"),
    ]
    assert errors(translation) == []


def test_an_expression_without_an_equivalent_is_listed_and_keeps_the_graph_from_being_published() -> None:
    document = n8n(
        HOOK, at("Get", "httpRequest", 4.2, url="=https://h/{{ $json.body.ids.map(i => i) }}"), wires="Hook>Get"
    )
    translation = translate(document)
    assert (
        "url: https://h/{{ $json.body.ids.map(i => i) }} was not translated" in told(translation, "expression")["Get"]
    )
    assert [problem.pointer for problem in errors(translation)] == ["/nodes/1/config/url"]


def test_requests_keep_query_headers_body_and_authentication() -> None:
    request = at(
        "Post",
        "httpRequest",
        4.2,
        {"credentials": {"httpBasicAuth": {"id": "1", "name": "Shop login"}}, "retryOnFail": True, "maxTries": 4},
        method="POST",
        url="https://shop.example/{{ not }}",
        authentication="genericCredentialType",
        sendQuery=True,
        queryParameters={"parameters": [{"name": "page", "value": "={{ $json.query.page }}"}]},
        sendHeaders=True,
        headerParameters={"parameters": [{"name": "X-A", "value": "1"}]},
        sendBody=True,
        specifyBody="json",
        jsonBody='={\n "id": {{ $json.body.id }},\n "name": "Mx {{ $json.body.name }}"\n}',
        options={"timeout": 5000},
    )
    get = at("Get", "httpRequest", 4.2, url="={{ $json.next }}")
    translation = translate(n8n(HOOK, request, get, wires="Hook>Post Post>Get"))
    assert errors(translation) == []
    post, got = translation.graph["nodes"][1:]
    assert post["config"] == {
        "method": "POST",
        "url": 'https://shop.example/{{ "{{" }} not }}',
        "query": {"page": "{{ inputs.webhook.query.page }}"},
        "headers": {"X-A": "1"},
        "body": {
            "type": "json",
            "value": {"id": "{{ inputs.webhook.body.id }}", "name": "Mx {{ inputs.webhook.body.name }}"},
        },
        "auth": {
            "type": "basic",
            "username": "{{ credentials.Shop_login.username }}",
            "password": "{{ credentials.Shop_login.password }}",
        },
        "timeoutSeconds": 5.0,
    }
    assert (post["retry"], post["repeatable"]) == ({"maxAttempts": 4, "backoffSeconds": 1.0}, True)
    assert got["config"]["url"] == "{{ nodes.post.output.json.next }}"
    assert told(translation, "credential") == {"Post": "Make a credential Shop_login with username and password."}


async def test_switches_of_every_version_choose_the_same_way() -> None:
    newer = at(
        "Route",
        "switch",
        3.2,
        rules={
            "values": [
                {**compare("={{ $json.body.n }}", "lt", 10, "number"), "outputKey": "small"},
                {**compare("={{ $json.body.n }}", "lt", 100, "number"), "outputKey": "middle"},
            ]
        },
        options={"fallbackOutput": "extra"},
    )
    older = at(
        "Route",
        "switch",
        1,
        dataType="number",
        value1="={{ $json.body.n }}",
        rules={"rules": [{"operation": "smaller", "value2": 10}, {"operation": "smaller", "value2": 100, "output": 1}]},
        fallbackOutput=2,
    )
    for switch in (newer, older):
        ways = [at(name, "noOp") for name in ("A", "B", "C")]
        translation = translate(n8n(HOOK, switch, *ways, wires="Hook>Route Route:0>A Route:1>B Route:2>C"))
        for number, way in ((5, "a"), (50, "b"), (500, "c")):
            ran, _ = await outcome(translation, "1", webhook={"body": {"n": number}})
            assert f"{way}:completed" in ran.story


def test_older_forms_of_set_if_and_triggers_are_read_too() -> None:
    document = n8n(
        at("Daily", "cron", triggerTimes={"item": [{"mode": "everyDay", "hour": 9}]}),
        at("Put", "set", 1, values={"string": [{"name": "a.b", "value": "x"}], "number": [{"name": "n", "value": 3}]}),
        at(
            "Ask",
            "if",
            1,
            conditions={
                "string": [{"value1": "={{$json.a.b}}", "operation": "startsWith", "value2": "x"}],
                "number": [{"value1": '={{$node["Put"].json.n}}', "operation": "larger", "value2": 2}],
            },
            combineOperation="any",
        ),
        at("Fail", "stopAndError", errorMessage="=No {{ $json.n }}"),
        wires="Daily>Put Put>Ask Ask:1>Fail",
    )
    translation = translate(document)
    assert errors(translation) == []
    assert told(translation, "trigger") == {"Daily": 'Make a schedule trigger: cron "0 9 * * *".'}
    put, ask, fail = translation.graph["nodes"][1:]
    assert put["config"] == {"expression": '{{ {"a": {"b": "x"}, "n": 3} }}'}
    assert ask["config"] == {"condition": '{{ (nodes.put.output.a.b.startswith("x")) or (nodes.put.output.n > 2) }}'}
    assert fail["config"] == {"status": "fail", "message": "No {{ nodes.put.output.n }}"}


async def test_several_triggers_become_ways_that_an_input_chooses() -> None:
    every = at(
        "Nightly", "scheduleTrigger", 1.2, rule={"interval": [{"field": "cronExpression", "expression": "0 2 * * *"}]}
    )
    document = n8n(HOOK, every, at("A", "noOp"), at("B", "noOp"), wires="Hook>A Nightly>B")
    translation = translate(document)
    assert 'cron "0 2 * * *"' in told(translation, "trigger")["Nightly"]
    ran, _ = await outcome(translation, "1", entry="Nightly")
    assert "b:completed" in ran.story
    assert "a:completed" not in ran.story


def test_sticky_notes_unreachable_nodes_tags_and_error_ways_stay() -> None:
    document = n8n(
        at("Go", "manualTrigger"),
        at("Get", "httpRequest", 4.2, {"onError": "continueErrorOutput"}, url="https://h"),
        at("Sorry", "noOp"),
        at("Lost", "httpRequest", 4.2, url="https://nowhere"),
        at("Word", "stickyNote", content="## Read me", width=300, height=100),
        wires="Go>Get Get:1>Sorry",
        tags=[{"name": "shop"}],
        settings={"timezone": "Europe/Zurich", "errorWorkflow": "7"},
    )
    translation = translate(document)
    assert errors(translation) == []
    assert translation.tags == ("shop",)
    texts = [note["text"] for note in translation.graph["notes"]]
    assert texts[0] == "## Read me"
    assert "https://nowhere" in texts[1]
    assert set(told(translation, "unreachable")) == {"Lost"}
    assert ("get", "error", "sorry") in [(e["from"], e["port"], e["to"]) for e in translation.graph["edges"]]
    assert len([note for note in translation.notes if note.kind == "setting"]) == 2


# -- Node-RED ---------------------------------------------------------------------------------------------------------


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


# -- hostile ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        {"nodes": [], "edges": []},
        {"nodes": [1], "connections": {}},
        {"nodes": [at("A", "noOp"), at("A", "noOp")], "connections": {}},
        {"nodes": [at("A", "set", 3, assignments={"assignments": [1]})], "connections": {}},
        [],
        [{"id": "a"}],
        [{"id": "a", "type": "inject", "wires": [[1]]}, {"id": "a", "type": "inject", "wires": []}],
        {"nodes": [at(str(number), "noOp") for number in range(2001)], "connections": {}},
        "n8n",
        None,
    ],
)
def test_what_cannot_be_read_is_refused_in_words(document: Any) -> None:
    if document == {"nodes": [at("A", "set", 3, assignments={"assignments": [1]})], "connections": {}}:
        document["connections"] = {"Go": {"main": [[{"node": "A"}]]}}
        document["nodes"].insert(0, at("Go", "manualTrigger"))
    with pytest.raises(ForeignError):
        translate(document)


def test_long_chains_take_no_recursion() -> None:
    names = [f"n{number}" for number in range(1500)]
    wires = " ".join(f"{a}>{b}" for a, b in pairwise(names))
    document = n8n(at("Go", "manualTrigger"), *(at(name, "noOp") for name in names), wires=f"Go>n0 {wires}")
    assert len(translate(document).graph["nodes"]) == 1501


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "={{ $json.a }}", "={{ (", "msg", "eq", "A"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["conditions", "rules", "values", "assignments", "parameters", "name", "value", "operator", "t"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        ["conditions", "rules", "values", "assignments", "options", "mode", "url", "amount", "jsonBody", "rule"]
    ),
    JSON,
    max_size=4,
)
KINDS = ["set", "if", "switch", "httpRequest", "wait", "splitInBatches", "merge", "scheduleTrigger", "filter", "code"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from([1, 2, 3.4]), PARAMETERS), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.integers(0, 6)), max_size=12),
)
def test_whatever_an_export_holds_every_node_is_drawn_or_kept_on_a_note(
    made: list[tuple[str, float, dict[str, Any]]], wires: list[tuple[int, int, int]]
) -> None:
    nodes = [at("n0", "manualTrigger")] + [
        at(f"n{index}", kind, version, **parameters) for index, (kind, version, parameters) in enumerate(made, 1)
    ]
    drawn = [f"n{a % len(nodes)}:{output}>n{b % len(nodes)}" for a, output, b in wires]
    document = n8n(*nodes, wires=" ".join(drawn))
    assert is_foreign(document)
    try:
        translation = translate(document)
    except ForeignError:
        return
    shown = str(translation.graph)
    for node in nodes[1:]:
        is_trigger = node["type"].endswith("scheduleTrigger")
        assert is_trigger or f"'{node['name']}'" in shown or f"{node['name']} (" in shown
    _, problems = validate_document(translation.graph, CATALOGUE)
    wrong = ("cycle", "crosses the border", "id:", "no node id", "stands at")
    assert not [problem for problem in problems if any(word in problem.message for word in wrong)]
