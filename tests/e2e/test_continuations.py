"""Executions that wait for people, start in the middle, call workflows and are debugged, on the whole Hub."""

from typing import Any

import pytest

from tests.e2e.integrator import Integrator, node, row, unique
from tests.rest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

VARIABLES = [{"name": "total", "initial": 0}, {"name": "seen", "initial": []}]


def put(node_id: str, **values: Any) -> dict[str, Any]:
    return node(node_id, "data.set", {"values": values})


def branches(nodes: list[dict[str, Any]], edges: str, **more: Any) -> dict[str, Any]:
    """A graph with edges as in `a:port>b`; the start is `start`."""
    graph = row(*nodes, **more)
    drawn = []
    for number, edge in enumerate(edges.split()):
        source, target = edge.split(">")
        source, _, port = source.partition(":")
        drawn.append({"id": f"x{number}", "from": source, "port": port or "out", "to": target})
    start = graph["nodes"][0]["id"]
    graph["edges"] = [{**edge, "from": start if edge["from"] == "start" else edge["from"]} for edge in drawn]
    return graph


async def story(hub: Integrator, execution_id: str) -> dict[str, str]:
    """Node to status of its last run in the latest attempt."""
    return {run["nodeId"]: run["status"] for run in await hub.api.every(f"/executions/{execution_id}/nodes")}


async def waits_for(hub: Integrator, execution_id: str, what: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        execution: dict[str, Any] = (await hub.api.call("GET", f"/executions/{execution_id}"))["execution"]
        return execution if execution["waitingFor"] == what else None

    found: dict[str, Any] = await eventually(look, what=f"it waits for {what}")
    return found


async def pending(hub: Integrator, execution_id: str) -> list[dict[str, Any]]:
    page = await hub.api.call("GET", f"/approvals?status=pending&executionId={execution_id}")
    items: list[dict[str, Any]] = page["items"]
    return items


def approval_graph(**more: Any) -> dict[str, Any]:
    ask = {"title": "Pay {{ vars.total }}?", "data": {"lines": [1, 2.0]}, **more}
    return branches(
        [
            put("sum", total="{{ inputs.amount * 2 }}"),
            node("ask", "control.approval", ask),
            put("pay", seen="{{ vars.seen + ['paid', nodes.ask.output.comment] }}"),
            put("drop", seen="{{ ['dropped'] }}"),
        ],
        "start>sum sum>ask ask:approved>pay ask:rejected>drop",
        variables=VARIABLES,
        inputs=[{"name": "amount", "type": "number", "required": True}],
        output={"total": "{{ vars.total }}", "seen": "{{ vars.seen }}"},
    )


async def test_a_person_approves_and_the_execution_goes_on_with_what_it_had(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Approve"), approval_graph())
    execution_id = (await hub.start(workflow_id, inputs={"amount": 21}))["id"]
    execution = await waits_for(hub, execution_id, "APPROVAL")
    assert (execution["status"], execution["runnerId"]) == ("QUEUED", None)
    reasons = (await hub.api.call("GET", f"/executions/{execution_id}/pending-reasons"))["items"]
    assert [each["code"] for each in reasons[0]["obstacles"]] == ["APPROVAL"]
    (asked,) = await pending(hub, execution_id)
    assert (asked["title"], asked["data"], asked["mayDecide"]) == ("Pay 42?", {"lines": [1, 2.0]}, True)
    assert (await story(hub, execution_id))["ask"] == "waiting"
    decision = {"decision": "approved", "comment": "fine"}
    decided = (await hub.api.call("POST", f"/approvals/{asked['id']}", decision))["approval"]
    assert (decided["status"], decided["comment"]) == ("approved", "fine")
    ended = await hub.api.ended(execution_id)
    assert (ended["status"], ended["output"]) == ("COMPLETED", {"total": 42, "seen": ["paid", "fine"]})
    told = {"sum": "reused", "ask": "completed", "pay": "completed", "drop": "skipped"}
    assert (await story(hub, execution_id)).items() >= told.items()
    events = [step["event"] for step in await hub.api.every(f"/executions/{execution_id}/events")]
    assert events == ["SUBMIT", "CLAIM", "ACKNOWLEDGE", "SUSPEND", "RESUME", "CLAIM", "ACKNOWLEDGE", "FINISH_OK"]
    assert (await hub.api.call("POST", f"/approvals/{asked['id']}", decision))["approval"]["status"] == "approved"
    refused = await hub.ask("POST", f"/api/approvals/{asked['id']}", {"decision": "rejected"})
    assert (refused.status, refused.body["reason"]) == (409, "ALREADY_DECIDED")


async def test_nobody_decides_and_the_default_counts(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Default"), approval_graph(timeoutSeconds=1))
    ended = await hub.run(workflow_id, inputs={"amount": 1})
    assert ended["output"]["seen"] == ["dropped"]
    (approval,) = (await hub.api.call("GET", f"/approvals?executionId={ended['id']}"))["items"]
    assert (approval["status"], approval["timedOut"]) == ("rejected", True)


async def test_only_the_people_named_may_decide_and_a_stop_cancels_the_question(hub: Integrator) -> None:
    graph = approval_graph(fourEyes=True)
    execution_id = (await hub.start(await hub.api.publish(unique("Four"), graph), inputs={"amount": 1}))["id"]
    await waits_for(hub, execution_id, "APPROVAL")
    (asked,) = await pending(hub, execution_id)
    refused = await hub.ask("POST", f"/api/approvals/{asked['id']}", {"decision": "approved"})
    assert (refused.status, refused.body["reason"]) == (403, "NOT_A_DECIDER")
    await hub.api.call("POST", f"/executions/{execution_id}/stop", {})
    assert (await hub.api.ended(execution_id))["status"] == "STOPPED"
    assert (await hub.api.call("GET", f"/approvals/{asked['id']}"))["approval"]["status"] == "cancelled"


async def test_a_long_delay_frees_the_runner(hub: Integrator) -> None:
    graph = row(node("nap", "control.delay", {"seconds": 3600}))
    execution_id = (await hub.start(await hub.api.publish(unique("Nap"), graph)))["id"]
    execution = await waits_for(hub, execution_id, "DELAY")
    assert execution["status"] == "QUEUED"
    await hub.api.call("POST", f"/executions/{execution_id}/stop", {})


FORKED = branches(
    [
        put("first", total=1, seen="{{ ['first'] }}"),
        node("big", "data.transform", {"expression": "{{ range(100000) }}"}),
        node("side", "data.transform", {"expression": "{{ now() }}"}),
        put("second", seen="{{ vars.seen + ['second'] }}"),
        node("bad", "data.transform", {"expression": "{{ 10 / vars.total + len(nodes.big.output) * inputs.factor }}"}),
    ],
    "start>first first>big first>side big>second second>bad",
    variables=VARIABLES,
    inputs=[{"name": "factor", "type": "any"}],
    output={"value": "{{ nodes.bad.output }}", "seen": "{{ vars.seen }}", "side": "{{ nodes.side.output }}"},
)


async def test_a_failed_execution_goes_on_from_a_node_with_what_was_recorded(hub: Integrator) -> None:
    workflow_id = await hub.api.publish(unique("Fork"), FORKED)
    failed = await hub.run(workflow_id, inputs={"factor": "x"})
    assert failed["failure"]["nodeId"] == "bad"
    runs = {run["nodeId"]: run for run in await hub.api.every(f"/executions/{failed['id']}/nodes")}
    assert "spilled" in runs["big"]["output"]
    assert (runs["first"]["port"], runs["first"]["variables"]) == ("out", True)
    repaired = {
        **FORKED,
        "nodes": [
            *FORKED["nodes"][:-1],
            node("bad", "data.transform", {"expression": "{{ 10 / vars.total + len(nodes.big.output) }}"}),
        ],
    }
    version = (await hub.api.call("PUT", f"/workflows/{workflow_id}/draft", {"graph": repaired}))["version"]
    wanted = {"fromNodeId": "bad", "vars": {"total": 5}, "version": version}
    forked = (await hub.api.call("POST", f"/executions/{failed['id']}/retry", wanted))["execution"]
    assert (forked["retryOf"], forked["version"], forked["draft"]) == (failed["id"], version, True)
    ended = await hub.api.ended(forked["id"])
    assert ended["status"] == "COMPLETED", ended["failure"]
    assert ended["output"]["value"] == 100_002
    assert ended["output"]["seen"] == ["first", "second"]
    assert ended["output"]["side"] == runs["side"]["output"], "a parallel branch that was done is not done again"
    told = {"first": "reused", "big": "reused", "side": "reused", "second": "reused", "bad": "completed"}
    assert (await story(hub, forked["id"])).items() >= told.items()
    again = (await hub.api.call("POST", f"/executions/{forked['id']}/retry", {"fromNodeId": "second"}))["execution"]
    ended = await hub.api.ended(again["id"])
    assert (ended["output"]["value"], ended["output"]["seen"]) == (100_002, ["first", "second"]), "edits stay"


async def test_a_fork_that_cannot_be_is_refused_with_the_reason(hub: Integrator) -> None:
    graph = branches(
        [
            put("first", total=1),
            node("which", "control.if", {"condition": "{{ vars.total == 1 }}"}),
            put("yes", total=2),
            put("no", total=3),
            node("loop", "control.forEach", {"items": [1]}, body={"nodes": [put("inner", total=4)], "edges": []}),
        ],
        "start>first first>which which:true>yes which:false>no yes>loop",
        variables=VARIABLES,
    )
    workflow_id = await hub.api.publish(unique("Refused"), graph)
    done = await hub.run(workflow_id)
    assert done["status"] == "COMPLETED"
    changed = {**graph, "nodes": [graph["nodes"][0], put("first", total=9), *graph["nodes"][2:]]}
    version = (await hub.api.call("PUT", f"/workflows/{workflow_id}/draft", {"graph": changed}))["version"]
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"fromNodeId": "nobody"}, 422, "NODE_UNKNOWN"),
        ({"fromNodeId": "inner"}, 422, "NODE_INSIDE"),
        ({"fromNodeId": "no"}, 409, "NODE_NOT_REACHED"),
        ({"fromNodeId": "yes", "version": version}, 409, "GRAPH_CHANGED"),
        ({"fromNodeId": "yes", "vars": {"nothing": 1}}, 422, "VARIABLE_UNKNOWN"),
        ({"fromNodeId": "yes", "version": 99}, 404, "VERSION_NOT_FOUND"),
        ({"vars": {"total": 1}}, 422, "INVALID"),
    ]
    for body, status, reason in cases:
        answer = await hub.ask("POST", f"/api/executions/{done['id']}/retry", body)
        assert (answer.status, answer.body["reason"]) == (status, reason), answer.body
    answer = await hub.ask("POST", f"/api/executions/{done['id']}/retry", {"fromNodeId": "yes", "version": version})
    assert answer.body["nodes"] == ["first"]


async def test_a_workflow_calls_another_as_it_was_when_the_execution_began(hub: Integrator) -> None:
    inner = row(
        put("double", total="{{ inputs.x * 2 }}"),
        variables=VARIABLES,
        inputs=[{"name": "x", "type": "number", "required": True}],
        output={"twice": "{{ vars.total }}"},
    )
    inner_id = await hub.api.publish(unique("Inner"), inner)
    call = node("call", "control.subworkflow", {"workflowId": inner_id, "inputs": {"x": "{{ inputs.x }}"}})
    outer = row(call, inputs=[{"name": "x", "type": "number"}], output={"answer": "{{ nodes.call.output.twice }}"})
    outer_id = await hub.api.publish(unique("Outer"), outer)
    ended = await hub.run(outer_id, inputs={"x": 21})
    assert (ended["status"], ended["output"]) == ("COMPLETED", {"answer": 42}), ended["failure"]
    assert (await story(hub, ended["id"]))["call/double"] == "completed"
    back = row(node("back", "control.subworkflow", {"workflowId": outer_id, "inputs": {}}), output={"twice": 0})
    await hub.api.call("PUT", f"/workflows/{inner_id}/draft", {"graph": back})
    refused = await hub.ask("POST", f"/api/workflows/{inner_id}/publish", {})
    assert refused.status == 422
    assert "would call itself" in str(refused.body["errors"])


async def test_a_person_debugs_an_interactive_execution(hub: Integrator) -> None:
    graph = row(put("a", total=1), put("b", total=2), put("c", total=3), variables=VARIABLES)
    workflow_id = await hub.api.publish(unique("Debug"), graph)
    wanted = {"mode": "interactive", "runnerId": hub.runner_id, "debug": {"breakpoints": ["b"]}}
    refused = await hub.ask("POST", "/api/executions", {"workflowId": workflow_id, "debug": {"paused": True}})
    assert (refused.status, refused.pointers) == (422, ["/debug"])
    execution_id = (await hub.start(workflow_id, **wanted))["id"]

    async def paused(node_id: str) -> None:
        async def look() -> bool:
            return (await story(hub, execution_id)).get(node_id) == "paused"

        await eventually(look, what=f"it pauses at {node_id}")

    await paused("b")
    debug = f"/executions/{execution_id}/debug"
    await hub.api.call("POST", debug, {"action": "step"})
    await paused("c")
    await hub.api.call("POST", debug, {"action": "breakpoints", "breakpoints": []})
    await hub.api.call("POST", debug, {"action": "continue"})
    assert (await hub.api.ended(execution_id))["status"] == "COMPLETED"
    late = await hub.ask("POST", f"/api{debug}", {"action": "step"})
    assert (late.status, late.body["reason"]) == (409, "NOT_DEBUGGABLE")
