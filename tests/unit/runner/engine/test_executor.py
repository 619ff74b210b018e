"""The executor: tries, time limits, stopping, spilling, masking, and what the sink may do to it."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from runner.engine import executor
from runner.engine.events import Failure
from runner.engine.executor import Controls
from runner.engine.node_runner import backoff_seconds
from runner.engine.request import Recorded
from tests.contract.graphs.world import (
    LeaseLostError,
    Witness,
    compute,
    fail,
    fail_later,
    graph,
    level,
    node,
    put,
    run,
)

RETRY = {"maxAttempts": 3, "backoffSeconds": 0.001}


def flaky(failures, **more):
    return node("f", "test.flaky", {"failures": failures}, retry=RETRY, **more)


async def test_a_node_is_tried_again_until_it_succeeds():
    ran = await run(graph([flaky(2)], output="{{ nodes.f.output.try }}"))
    assert ran.outcome.output == 3
    assert ran.story == ["s:completed", "f:retried", "f:retried", "f:completed"]
    assert [e.try_number for e in ran.witness.events if e.status == "running"] == [1, 1, 2, 3]
    assert [line.message for line in ran.witness.lines] == ["done at try 3"]


async def test_the_last_try_fails_the_node():
    ran = await run(graph([flaky(3)]))
    assert ran.story == ["s:completed", "f:retried", "f:retried", "f:failed"]
    assert ran.outcome.failure == Failure("FLAKY", "try 3 failed", "f", retryable=True)


async def test_a_failure_that_is_not_retryable_is_not_tried_again():
    ran = await run(graph([node("f", "test.flaky", {"failures": 1, "retryable": False}, retry=RETRY)]))
    assert ran.story == ["s:completed", "f:failed"]


def test_the_pause_between_tries_doubles_up_to_five_minutes():
    for try_number, pause in ((1, 2), (2, 4), (5, 32), (30, 300), (99, 300)):
        assert 0.8 * pause <= backoff_seconds(2, try_number) <= 1.2 * pause


async def test_a_node_that_takes_too_long_fails_as_retryable():
    ran = await run(graph([node("n", "test.wait", timeoutSeconds=0.02)]))
    assert ran.outcome.failure is not None
    assert (ran.outcome.failure.code, ran.outcome.failure.retryable) == ("TIMEOUT", True)


@pytest.mark.parametrize(
    ("container", "story"),
    [
        (
            node("l", "control.forEach", {"items": [1]}, timeoutSeconds=0.03, body=level([node("n", "test.wait")])),
            ["s:completed", "l0/n:stopped", "l:failed"],
        ),
        (
            node(
                "t",
                "control.try",
                timeoutSeconds=0.03,
                body=level([node("n", "test.wait")]),
                catch=level([put("c", v=1)]),
                finally_=level([put("f", v=1)]),
            ),
            ["s:completed", "n:stopped", "f:completed", "t:failed"],
        ),
    ],
)
async def test_a_container_that_takes_too_long_fails_and_its_own_catch_does_not_see_it(container, story):
    ran = await run(graph([container], variables="v"))
    assert ran.story == story
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == "TIMEOUT"


async def test_an_exception_of_a_node_is_its_failure_and_its_trace_is_logged():
    ran = await run(graph([node("n", "test.echo", {"raises": "oops"})]))
    assert ran.outcome.failure == Failure("NODE_CRASHED", "ValueError: oops", "n")
    assert "Traceback" in ran.witness.lines[0].message


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"output": "a set"}, "OUTPUT_NOT_JSON"),
        ({"port": "nowhere"}, "UNKNOWN_PORT"),
        ({"output": "{{ inputs.nothing }}"}, "EXPRESSION_FAILED"),
        ({"raises": "{{ [1] }}"}, "CONFIG_INVALID"),
    ],
)
async def test_what_a_node_does_wrong_has_a_code(config, code):
    ran = await run(graph([node("n", "test.echo", config)]))
    assert ran.story == ["s:completed", "n:failed"]
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == code


TRY = node(
    "t",
    "control.try",
    body=level([node("n", "test.wait")]),
    catch=level([put("c", v=1)]),
    finally_=level([put("f", v=1)]),
)


async def test_a_soft_stop_stops_nodes_and_runs_finally():
    controls, witness = Controls(), Witness()
    witness.on_event = lambda event: controls.stop() if (event.node_id, event.status) == ("n", "running") else None
    ran = await run(graph([TRY, put("z", v=2)], variables="v"), witness, controls=controls)
    assert ran.outcome.status == "stopped"
    assert ran.story == ["s:completed", "n:stopped", "f:completed", "t:stopped"]


async def test_a_stop_during_finally_lets_it_end():
    controls, witness = Controls(), Witness()
    slow = [node("d", "control.delay", {"seconds": 0.05}), put("f", v=1)]
    witness.on_event = lambda event: controls.stop() if (event.node_id, event.status) == ("d", "running") else None
    document = graph(
        [node("t", "control.try", body=level([]), finally_=level(slow, "d>f")), put("z", v=1)], variables="v"
    )
    ran = await run(document, witness, controls=controls)
    assert ran.outcome.status == "stopped"
    assert ran.story == ["s:completed", "d:completed", "f:completed", "t:stopped"]


async def test_a_stop_before_the_start_runs_nothing_more():
    controls = Controls()
    controls.stop()
    ran = await run(graph([node("n", "test.wait")]), controls=controls)
    assert ran.outcome.status == "stopped"


async def test_the_deadline_ends_the_execution_as_failed():
    deadline = datetime.now(UTC) + timedelta(seconds=0.05)
    ran = await run(graph([TRY], variables="v"), deadline_at=deadline)
    assert ran.story == ["s:completed", "n:stopped", "f:completed", "t:stopped"]
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == "TIMEOUT"


async def test_the_deadline_ends_nodes_that_never_wait():
    endless = node("w", "control.while", {"condition": True, "maxIterations": 1_000_000}, body=level([put("a", v=1)]))
    ran = await run(graph([endless], variables="v"), deadline_at=datetime.now(UTC) + timedelta(seconds=0.1))
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == "TIMEOUT"


async def test_a_node_that_ends_by_itself_when_stopped_is_completed():
    document = graph(
        [node("n", "test.wait", {"ignoreStop": True}), node("e", "test.echo"), fail_later()], "s>n s>e e>bad"
    )
    ran = await run(document)
    assert ran.story[-1] == "n:completed"
    assert ran.outcome.status == "failed"


async def test_a_node_that_does_not_stop_is_given_up(monkeypatch):
    monkeypatch.setattr(executor, "CANCEL_SECONDS", 0.05)

    async def stubborn(config, context):
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    release = asyncio.Event()
    monkeypatch.setattr("tests.contract.graphs.world.Wait.run", lambda self, config, context: stubborn(config, context))
    document = graph([node("n", "test.wait"), node("e", "test.echo"), fail_later()], "s>n s>e e>bad")
    ran = await run(document)
    assert ran.story[-1] == "n:stopped"
    assert "did not stop" in ran.witness.lines[-1].message
    release.set()
    await asyncio.sleep(0)


async def test_what_the_sink_raises_ends_everything_and_comes_out():
    for tries in (1, 2, 3):
        witness = Witness(fail_at_try=tries)
        with pytest.raises(LeaseLostError):
            await run(graph([node("n", "test.wait"), node("e", "test.echo"), put("a", v=1)], "s>n s>e", "v"), witness)
        assert len(asyncio.all_tasks()) == 1


async def test_cancelling_the_call_leaves_no_task_behind():
    waiting = asyncio.Event()
    witness = Witness(on_event=lambda event: waiting.set() if event.node_id == "n" else None)
    task = asyncio.create_task(run(graph([TRY], variables="v"), witness))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(asyncio.all_tasks()) == 1


async def test_a_large_output_is_spilled_and_later_nodes_see_all_of_it():
    rows = [{"text": "ä" * 100, "n": n} for n in range(5_000)]
    document = graph([compute("a", "inputs.rows"), compute("b", "len(nodes.a.output)")], output="{{ nodes.b.output }}")
    ran = await run(document, inputs={"rows": rows})
    assert ran.outcome.output == 5_000
    spilled = ran.witness.output_of("a")
    assert isinstance(spilled, dict)
    assert spilled["spilled"]["name"] == "a-output.json"
    assert json.loads(ran.witness.artifacts["a-output.json"]) == rows
    assert ran.witness.output_of("b") == 5_000


async def test_a_large_input_is_spilled_too():
    items = ["x" * 1000] * 400
    loop = node("l", "control.forEach", {"items": "{{ inputs.items }}"}, body=level([]))
    ran = await run(graph([loop]), inputs={"items": items})
    assert json.loads(ran.witness.artifacts["l-input.json"])["items"] == items


SECRET = 'pa"ss/wörd+1'


async def test_credentials_are_masked_wherever_they_show():
    encoded = base64.b64encode(f"user:{SECRET}".encode()).decode()
    document = graph(
        [
            compute("a", "credentials.bank.password"),
            node("b", "test.echo", {"output": {"{{ 1 }}": f"Basic {encoded}", "p": ["x{{ nodes.a.output }}y"]}}),
            node("c", "test.echo", {"raises": "no {{ credentials.bank.password }}"}, onError="continue"),
        ],
        output={"p": "{{ nodes.a.output }}", "len": "{{ len(nodes.a.output) }}"},
    )
    ran = await run(document, Witness(vault={"bank": {"password": SECRET}}))
    told = repr([ran.witness.events, ran.witness.lines, ran.outcome])
    assert "wörd" not in told
    assert 'pa"ss' not in told
    assert encoded[8:-4] not in told
    assert ran.outcome.output == {"p": "•••", "len": len(SECRET)}


async def test_what_stands_in_a_field_for_secrets_is_hidden_from_then_on():
    document = graph(
        [
            node("h", "data.hash", {"text": "x", "key": "{{ 'geh' + 'eim/1' }}"}),
            node("l", "log.message", {"message": "the key is geheim/1, or Z2VoZWltLzE= and geheim%2F1"}),
            node("b", "test.echo", {"raises": "no geheim/1"}, onError="continue"),
        ]
    )
    ran = await run(document)
    inputs = {event.node_id: event.input for event in ran.witness.events if event.status == "running"}
    assert inputs["h"] == {"text": "x", "key": "•••"}
    assert ran.witness.lines[0].message == "the key is •••, or ••• and •••"
    assert "geheim" not in repr([ran.witness.events, ran.witness.lines])


async def test_a_credential_that_is_refused_fails_the_node_unless_it_can_do_without():
    ran = await run(graph([compute("a", "credentials.bank.password")]))
    assert ran.outcome.failure is not None
    assert (ran.outcome.failure.code, ran.outcome.failure.node_id) == ("CREDENTIAL_NOT_FOUND", "a")
    assert "Make it in the vault." in ran.outcome.failure.message
    ran = await run(graph([compute("a", "default(credentials.bank.password, 'x')")], output="{{ nodes.a.output }}"))
    assert ran.outcome.output == "x"


async def test_inputs_are_completed_and_judged_before_anything_runs():
    document = graph([], output="{{ inputs }}") | {
        "inputs": [{"name": "a", "type": "integer", "default": 5}, {"name": "b", "type": "string", "required": True}]
    }
    ran = await run(document, inputs={"b": "x", "more": 1})
    assert ran.outcome.output == {"a": 5, "b": "x", "more": 1}
    refused = await run(document, inputs={"a": "text"})
    assert refused.outcome.failure is not None
    assert refused.outcome.failure.code == "INPUT_INVALID"
    assert refused.witness.events == []


async def test_recorded_nodes_are_taken_as_done():
    document = graph(
        [fail("a"), node("i", "control.if", {"condition": "1 / 0"}), put("b", v="{{ nodes.a.output }}"), put("c", v=9)],
        "s>a a>i i:true>b i:false>c",
        "v",
        output="{{ vars.v }}",
    )
    recorded = {"s": Recorded({}), "a": Recorded("old"), "i": Recorded(None, "true")}
    ran = await run(document, recorded=recorded)
    assert ran.outcome.output == "old"
    assert ran.story == ["s:reused", "a:reused", "i:reused", "c:skipped", "b:completed"]


async def test_variables_of_the_request_replace_initial_values():
    ran = await run(graph([], variables="a b", output="{{ vars }}"), variables={"b": 7})
    assert ran.outcome.output == {"a": 0, "b": 7}


async def test_an_output_that_cannot_be_computed_fails_the_execution():
    ran = await run(graph([], output={"x": "{{ inputs.nothing }}"}))
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == "OUTPUT_FAILED"


async def test_text_around_expressions_is_joined_and_a_lone_expression_keeps_its_type():
    output = {
        "n": "{{ inputs.n }}",
        "t": "{{ inputs.n }} of {{ true }}, {{ null }} {{ [1] }}",
        "deep": [{"x": "{{ 1 }}"}],
    }
    ran = await run(graph([], output=output), inputs={"n": 1.0})
    assert ran.outcome.output == {"n": 1.0, "t": "1.0 of true, null [1]", "deep": [{"x": 1}]}


async def test_long_chains_and_many_turns_do_not_recurse():
    chain = [put(f"n{i}", v=i) for i in range(1_500)]
    ran = await run(graph(chain, variables="v", output="{{ vars.v }}"))
    assert ran.outcome.output == 1_499
    loop = node("l", "control.forEach", {"items": "{{ range(3000) }}"}, body=level([put("a", v="{{ item }}")]))
    assert (await run(graph([loop], variables="v", output="{{ vars.v }}"))).outcome.output == 2_999
    skipped = graph([node("i", "control.if", {"condition": False}), *chain], variables="v")
    skipped["edges"][1]["port"] = "true"
    assert (await run(skipped)).story[-1] == "n1499:skipped"
