"""Try, on error and stop, as cases of `test_semantics`."""

from tests.contract.graphs.pieces import attempt, each, while_
from tests.contract.graphs.world import compute, fail, fail_later, graph, level, node, put

TRY = {
    "catch runs after a failure and sees it": (
        graph(
            [attempt([fail()], catch=[compute("c", "nodes.t.output.failure.code")])],
            output=["{{ nodes.t.output.failure.nodeId }}", "{{ default(nodes.c.output, 0) }}"],
        ),
        {},
        "completed",
        ["bad", "EXPRESSION_FAILED"],
        ["s:completed", "bad:failed", "c:completed", "t:completed"],
    ),
    "catch does not run without a failure": (
        graph(
            [attempt([put("a", v=1)], catch=[put("c", v=2)])],
            variables="v",
            output="{{ [vars.v, nodes.t.output.failure] }}",
        ),
        {},
        "completed",
        [1, None],
        ["s:completed", "a:completed", "t:completed"],
    ),
    "without catch: finally, then the failure goes on": (
        graph([attempt([fail()], **{"finally": [put("f", v=1)]}), put("z", v=2)], variables="v"),
        {},
        "failed",
        None,
        ["s:completed", "bad:failed", "f:completed", "t:failed"],
    ),
    "finally runs after a body that ended well": (
        graph([attempt([put("a", v=1)], **{"finally": [put("f", v=2)]}), put("z", v=3)], variables="v"),
        {},
        "completed",
        None,
        ["s:completed", "a:completed", "f:completed", "t:completed", "z:completed"],
    ),
    "finally runs after a failed catch": (
        graph([attempt([fail()], catch=[fail("worse")], **{"finally": [put("f", v=1)]})], variables="v"),
        {},
        "failed",
        None,
        ["s:completed", "bad:failed", "worse:failed", "f:completed", "t:failed"],
    ),
    "a failed finally is the failure": (
        graph([attempt([put("a", v=1)], **{"finally": [fail("f")]})], variables="v"),
        {},
        "failed",
        None,
        ["s:completed", "a:completed", "f:failed", "t:failed"],
    ),
    "finally does not run after a stop": (
        graph(
            [attempt([node("x", "control.stop", {})], catch=[put("c", v=1)], **{"finally": [put("f", v=1)]})],
            variables="v",
        ),
        {},
        "completed",
        None,
        ["s:completed", "x:completed", "t:stopped"],
    ),
    "the try around catches what the try inside lets go": (
        graph(
            [
                attempt(
                    [node("u", "control.try", body=level([fail()]), **{"finally": level([put("f", v=1)])})],
                    catch=[put("c", v="{{ vars.v + 1 }}")],
                )
            ],
            variables="v",
            output="{{ vars.v }}",
        ),
        {},
        "completed",
        2,
        ["s:completed", "bad:failed", "f:completed", "u:failed", "c:completed", "t:completed"],
    ),
    "what runs beside a failure in the body is stopped before catch": (
        graph(
            [
                attempt(
                    [node("n", "test.wait"), node("bad", "test.flaky", {"failures": 9, "retryable": False})],
                    catch=[put("c", v=1)],
                )
            ],
            variables="v",
        ),
        {},
        "completed",
        None,
        ["s:completed", "bad:failed", "n:stopped", "c:completed", "t:completed"],
    ),
    "nodes of the body that were not reached have no run": (
        graph([node("t", "control.try", body=level([fail(), put("a", v=1)], "bad>a"), catch=level([]))], variables="v"),
        {},
        "completed",
        None,
        ["s:completed", "bad:failed", "t:completed"],
    ),
}


ON_ERROR = {
    "continue: recorded failed, out taken": (
        graph([fail(onError="continue"), put("a", v=1)], variables="v", output="{{ vars.v }}"),
        {},
        "completed",
        1,
        ["s:completed", "bad:failed", "a:completed"],
    ),
    "continue: the failure can be read": (
        graph([fail(onError="continue"), compute("a", "nodes.bad.output.failure.code")], output="{{ nodes.a.output }}"),
        {},
        "completed",
        "EXPRESSION_FAILED",
        None,
    ),
    "errorPort: error taken, out dead": (
        graph([fail(onError="errorPort"), put("a", v=1), put("e", v=2)], "s>bad bad>a bad:error>e", "v"),
        {},
        "completed",
        None,
        ["s:completed", "bad:failed", "a:skipped", "e:completed"],
    ),
    "errorPort: without a failure error is dead": (
        graph([compute("ok", "1", onError="errorPort"), put("a", v=1), put("e", v=2)], "s>ok ok>a ok:error>e", "v"),
        {},
        "completed",
        None,
        ["s:completed", "ok:completed", "e:skipped", "a:completed"],
    ),
    "errorPort works on a container": (
        graph(
            [each([1], [fail()]) | {"onError": "errorPort"}, put("e", v=2)],
            "s>l l:error>e",
            "v",
            output="{{ nodes.l.output.failure.nodeId }}",
        ),
        {},
        "completed",
        "bad",
        ["s:completed", "l0/bad:failed", "l:failed", "e:completed"],
    ),
    "an uncaught failure ends it at once, containers around are failed": (
        graph([each([1, 2], [fail()]), put("z", v=1)], variables="v"),
        {},
        "failed",
        None,
        ["s:completed", "l0/bad:failed", "l:failed"],
    ),
    "an uncaught failure stops what runs beside it": (
        graph([node("n", "test.wait"), fail_later(), put("z", v=1)], "s>n s>bad n>z", "v"),
        {},
        "failed",
        None,
        ["s:completed", "bad:failed", "n:stopped"],
    ),
}


STOP = {
    "stop ends as success with the output": (
        graph(
            [put("a", v=5), node("x", "control.stop", {"status": "success"}), put("b", v=6)],
            variables="v",
            output={"v": "{{ vars.v }}", "b": "{{ nodes.b.output }}"},
        ),
        {},
        "completed",
        {"v": 5, "b": None},
        ["s:completed", "a:completed", "x:completed"],
    ),
    "stop ends as failure with its message": (
        graph([node("x", "control.stop", {"status": "fail", "message": "no {{ inputs.what }}"})]),
        {"what": "money"},
        "failed",
        "no money",
        ["s:completed", "x:completed"],
    ),
    "stop ends from any depth, containers around are stopped": (
        graph(
            [
                each(
                    [1, 2],
                    [attempt([while_(True, [node("x", "control.stop", {"status": "fail"})])], catch=[put("c", v=1)])],
                )
            ],
            variables="v",
        ),
        {},
        "failed",
        None,
        ["s:completed", "l0/w0/x:completed", "l0/w:stopped", "l0/t:stopped", "l:stopped"],
    ),
    "stop stops what runs beside it": (
        graph([node("n", "test.wait"), node("y", "test.echo"), node("x", "control.stop", {})], "s>n s>y y>x"),
        {},
        "completed",
        None,
        ["s:completed", "y:completed", "x:completed", "n:stopped"],
    ),
}
