"""The command `exekra` as a person or a script types it, against the running Hub."""

import json
from pathlib import Path

import pytest

from tests.e2e.integrator import DOUBLING, FAILING, Integrator, unique
from tests.e2e.terminal import Terminal
from tests.hub import EMAIL, PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_FOUND, REFUSED, UNREACHABLE, NOT_COMPLETED = 3, 4, 5, 6


async def test_a_script_signs_in_publishes_runs_and_reads(hub: Integrator, tmp_path: Path) -> None:
    exekra, installed = Terminal(tmp_path, typist=hub.typist), Terminal(tmp_path)
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    authority = str(hub.under_test.running.authority)
    signed_in = await installed.json(
        "login", hub.url, "--email", EMAIL, "--password-file", str(password), "--ca", authority
    )
    assert signed_in["user"]["email"] == EMAIL

    double, bad = unique("cli double"), unique("cli bad")
    for name, graph in ((double, DOUBLING), (bad, FAILING)):
        file = tmp_path / "graph.json"
        file.write_text(json.dumps(graph))
        assert (await exekra.json("workflow", "import", str(file), "--name", name))["workflow"]["name"] == name
        assert (await exekra.json("workflow", "publish", name))["workflow"]["publishedVersion"] == 1
    assert double in str(await exekra.json("workflow", "list"))

    ended = (await exekra.json("run", double, "--input", "number=21", "--wait"))["execution"]
    assert (ended["status"], ended["output"]) == ("COMPLETED", {"doubled": 42})
    status, output, _ = await exekra("--json", "run", bad, "--wait")
    assert (status, json.loads(output)["execution"]["status"]) == (NOT_COMPLETED, "FAILED")
    status, output, error = await exekra("run", unique("nobody"), "--wait")
    assert (status, output) == (NOT_FOUND, "")
    assert "There is no workflow" in error
    assert (await exekra("run", double, "--wait"))[0] == REFUSED
    shown = await exekra.json("execution", "show", ended["id"])
    assert shown["execution"]["id"] == ended["id"]
    for command in (("status",), ("audit", "verify")):
        await exekra.json(*command)
    assert (await exekra("status", EXEKRA_URL="https://127.0.0.1:9"))[0] == UNREACHABLE
    await exekra.json("logout")
    assert (await exekra("workflow", "list"))[0] != 0
