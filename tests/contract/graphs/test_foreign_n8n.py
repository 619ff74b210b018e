"""Exports of n8n: translated, judged by the same rules as drawings of ours, and run on the real engine."""

from runner.workflow.foreign.translation import translate
from tests.contract.graphs.exports import HOOK, at, compare, errors, fields, n8n, outcome, told


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


def test_a_request_whose_json_is_written_by_an_expression_keeps_each_member() -> None:
    body = "={{ JSON.stringify({ name: $json.body.name, source: 'landing', total: 0, of: [$json.body.count] }) }}"
    heads = "={{ JSON.stringify({ Authorization: 'Bearer ' + $vars.TOKEN, Accept: 'application/json' }) }}"
    document = n8n(
        HOOK,
        at(
            "Send",
            "httpRequest",
            2,
            requestMethod="POST",
            url="https://example.com/leads",
            jsonParameters=True,
            bodyParametersJson=body,
            headerParametersJson=heads,
        ),
        wires="Hook>Send",
    )
    translation = translate(document)
    (send,) = [node for node in translation.graph["nodes"] if node["id"] == "send"]
    assert send["config"]["body"]["value"] == {
        "name": "{{ inputs.webhook.body.name }}",
        "source": "landing",
        "total": 0,
        "of": "{{ [inputs.webhook.body.count] }}",
    }
    assert send["config"]["headers"] == {"Authorization": "{{ untranslated }}", "Accept": "application/json"}
    assert "$vars" in told(translation, "expression")["Send"]
    assert [problem.pointer for problem in errors(translation)] == ["/nodes/1/config/headers/Authorization"]


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


def test_data_behind_a_placeholder_is_read_from_it_and_refused_until_it_is_replaced() -> None:
    use = at("Use", "set", 3.4, **fields(text="={{ $json.total }} of {{ $('Reckon').first().json.name }}"))
    document = n8n(HOOK, at("Reckon", "code", 2, jsCode="…"), use, wires="Hook>Reckon Reckon>Use")
    translation = translate(document)
    reckon, used = translation.graph["nodes"][1:]
    assert used["config"]["expression"] == (
        '{{ {"text": (str(nodes.reckon.output.total) + " of " + str(nodes.reckon.output.name))} }}'
    )
    assert {problem.node_id for problem in errors(translation)} == {"use"}
    reckon.update(type="data.transform", config={"expression": '{"total": 3, "name": "Ada"}'}, disabled=False)
    assert errors(translation) == []


def test_what_a_loop_gives_its_body_is_read_by_its_name_too() -> None:
    document = n8n(
        HOOK,
        at("Each", "splitInBatches", 3),
        at("Get", "httpRequest", 4.2, url="=https://h/{{ $('Each').item.json.id }}?all={{ $json.all }}"),
        wires="Hook>Each Each:1>Get Get>Each",
    )
    (loop,) = [node for node in translate(document).graph["nodes"] if node["id"] == "each"]
    assert loop["body"]["nodes"][0]["config"]["url"] == "https://h/{{ item.id }}?all={{ item.all }}"


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
