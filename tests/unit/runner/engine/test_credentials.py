"""Credentials in an execution: asked for when a node needs them, once, and sent where they may go alone."""

import pytest

from runner.engine import credentials as held
from tests.contract.graphs.world import Witness, compute, graph, level, node, put, run

CALLED = "019a0000-0000-7000-8000-000000000001"
VAULT = {"shop": {"username": "robot-47", "password": "hush-hush"}}


def echo(node_id, **more):
    return node(node_id, "test.echo", {"output": "{{ credentials.shop.password }}"}, **more)


async def test_it_is_asked_for_when_a_node_needs_it_and_once_for_all_of_them():
    witness = Witness(vault=VAULT)
    loop = node("l", "control.forEach", {"items": [1, 2, 3]}, body=level([echo("b")]))
    ran = await run(graph([put("first", v=1), echo("a"), loop, echo("c")], variables="v"), witness)
    assert ran.outcome.status == "completed"
    assert witness.released == [("a", "shop")]


async def test_nothing_is_asked_for_that_no_node_reaches():
    witness = Witness(vault=VAULT)
    choice = node("i", "control.if", {"condition": "false"})
    ran = await run(graph([choice, echo("a")], "s>i i:true>a"), witness)
    assert ran.outcome.status == "completed"
    assert witness.released == []


async def test_a_value_that_was_held_for_long_is_asked_for_again(monkeypatch):
    monkeypatch.setattr(held, "HOLD_SECONDS", 0.0)
    witness = Witness(vault=VAULT)
    await run(graph([echo("a"), echo("b")]), witness)
    assert witness.released == [("a", "shop"), ("b", "shop")]


async def test_a_condition_may_read_one_too():
    witness = Witness(vault=VAULT)
    ran = await run(graph([node("i", "control.if", {"condition": "len(credentials.shop.password) == 9"})]), witness)
    assert witness.output_of("i")["result"] is True
    assert "hush" not in repr([ran.outcome, witness.events])


async def test_a_called_workflow_has_the_credentials_of_its_execution():
    witness = Witness(vault=VAULT)
    called = graph([echo("a")], output="{{ len(nodes.a.output) }}")
    document = graph([node("c", "control.subworkflow", {"workflowId": CALLED})], output="{{ nodes.c.output }}")
    ran = await run(document, witness, called={CALLED: called})
    assert ran.outcome.output == 9
    assert witness.released == [("c/a", "shop")]


async def test_nothing_that_is_told_holds_a_field_of_a_credential():
    witness = Witness(vault=VAULT)
    document = graph(
        [
            compute("a", "{'auth': credentials.shop.username + ':' + credentials.shop.password}"),
            node("l", "log.message", {"message": "{{ nodes.a.output.auth }}"}),
            put("v", v="{{ nodes.a.output }}"),
            node("x", "test.echo", {"raises": "no {{ credentials.shop.password }}"}, onError="continue"),
        ],
        variables="v",
        output="{{ nodes.a.output }}",
    )
    ran = await run(document, witness)
    told = repr([ran.outcome, witness.events, witness.lines, witness.artifacts])
    assert "hush" not in told
    assert "robot" not in told
    assert ran.outcome.output == {"auth": "•••:•••"}


@pytest.mark.parametrize(
    ("hosts", "destination", "goes"),
    [
        (("shop.example.com",), "https://shop.example.com:8443/orders", True),
        (("shop.example.com",), "https://SHOP.example.com./", True),
        (("*.example.com",), "https://shop.example.com/", True),
        (("shop.example.com", "10.0.0.7"), "10.0.0.7", True),
        (("shop.example.com",), "https://shop.example.com.evil.net/", False),
        (("shop.example.com",), "https://shop.example.com@evil.net/", False),
        (("*.example.com",), "https://badexample.com/", False),
        (("*.example.com",), "https://example.com/", False),
        (("shop.example.com",), "https://[broken", False),
    ],
)
async def test_it_goes_to_its_hosts_alone(hosts, destination, goes):
    witness = Witness(vault=VAULT, hosts=hosts)
    sent = node("a", "test.send", {"url": destination, "token": "{{ credentials.shop.password }}"})
    ran = await run(graph([sent]), witness)
    if goes:
        assert ran.outcome.status == "completed"
    else:
        assert ran.outcome.failure is not None
        assert ran.outcome.failure.code == "CREDENTIAL_HOST"
        assert "change the hosts of the credential in the vault" in ran.outcome.failure.message


@pytest.mark.parametrize(
    "place",
    [
        echo("a"),
        node("l", "control.forEach", {"items": "{{ [credentials.shop.password] }}"}, body=level([])),
        node("c", "control.subworkflow", {"workflowId": CALLED, "inputs": {"p": "{{ credentials.shop.password }}"}}),
        node("w", "control.while", {"condition": "credentials.shop.password == 'x'"}, body=level([])),
    ],
    ids=lambda place: place["type"],
)
async def test_a_node_that_does_not_say_where_it_sends_it_gets_none_with_hosts(place):
    ran = await run(graph([place]), Witness(vault=VAULT, hosts=("shop.example.com",)), called={CALLED: graph([])})
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == "CREDENTIAL_HOST"
    assert "does not say where" in ran.outcome.failure.message
