"""Workflows kept as files: taken out of a Hub, changed by hand, brought back, and never twice."""

import json
from pathlib import Path

import pytest

from services.cli.files.document import WorkflowDocument
from services.cli.files.hub_side import ChangedMeanwhileError, carry_out, read_stored
from services.cli.files.plan import plan
from services.client import ApiKey, Hub
from tests.e2e.integrator import DOUBLING, FAILING, Integrator, node, row, unique
from tests.e2e.terminal import terminal_at

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAILED, REFUSED = 1, 4


async def test_a_folder_of_files_and_the_hub_become_the_same(hub: Integrator, tmp_path: Path) -> None:
    exekra = terminal_at(hub, tmp_path)
    kept, fresh = unique("Kept"), unique("Fresh")
    workflow_id = await hub.api.publish(kept, DOUBLING)
    folder = tmp_path / "flows"
    written = (await exekra.json("workflow", "export", "--all", str(folder)))["written"]
    (mine,) = [path for path in map(Path, written) if json.loads(path.read_text())["name"] == kept]
    only = tmp_path / "only"
    only.mkdir()
    mine = mine.rename(only / mine.name)

    async def apply(*options: str) -> dict[str, str]:
        steps = (await exekra.json("apply", str(only), *options))["steps"]
        return {step["name"]: f"{step['action']}{' publish' if step['publish'] else ''}" for step in steps}

    assert await apply("--publish") == {kept: "none"}

    document = json.loads(mine.read_text())
    document["graph"]["nodes"][1]["config"]["expression"] = "{{ inputs.number * 3 }}"
    mine.write_text(json.dumps(document))
    other = {"format": "exekra.workflow/1", "name": fresh, "tags": ["git"], "graph": DOUBLING}
    (only / "other.workflow.json").write_text(json.dumps(other))
    wanted = {kept: "change publish", fresh: "create publish"}
    assert await apply("--publish", "--dry-run") == wanted
    assert (await hub.ask("GET", f"/api/workflows/{workflow_id}")).body["workflow"]["draftVersion"] == 1
    status, shown, _ = await exekra("apply", str(only), "--dry-run")
    assert status == 0
    assert '-          "expression": "{{ inputs.number * 2 }}"' in shown
    assert '+          "expression": "{{ inputs.number * 3 }}"' in shown

    assert await apply("--publish", "--note", "commit 4711") == wanted
    assert (await hub.run(workflow_id, inputs={"number": 5}))["output"] == {"doubled": 15}
    assert await apply("--publish") == {kept: "none", fresh: "none"}
    versions = (await hub.ask("GET", f"/api/workflows/{workflow_id}/versions")).body["items"]
    assert (versions[0]["version"], versions[0]["note"]) == (2, "commit 4711")

    by_hand = json.loads(mine.read_text())
    await exekra.json("workflow", "export", "--all", str(only))
    assert json.loads(mine.read_text()) == by_hand
    again = await exekra.json("workflow", "export", "--all", str(only))
    assert again["written"] == []


async def test_schedules_stand_in_the_file_of_their_workflow(hub: Integrator, tmp_path: Path) -> None:
    exekra = terminal_at(hub, tmp_path)
    name = unique("Scheduled")
    folder = tmp_path / "flows"
    folder.mkdir()
    nightly = {"name": "Nightly", "cron": "0 2 * * *", "timezone": "Europe/Zurich", "inputs": {"number": 1}}
    file = folder / "a.workflow.json"
    file.write_text(
        json.dumps({"format": "exekra.workflow/1", "name": name, "schedules": [nightly], "graph": DOUBLING})
    )

    async def apply(*options: str) -> list[tuple[str, str]]:
        (step,) = (await exekra.json("apply", str(folder), *options))["steps"]
        return [(schedule["name"], schedule["action"]) for schedule in step["schedules"]]

    assert await apply("--publish") == [("Nightly", "create")]
    assert await apply("--publish") == []
    await exekra.json("workflow", "export", "--all", str(folder))
    document = json.loads(file.read_text())
    assert document["schedules"][0].items() >= nightly.items()
    for other in folder.iterdir():
        if other != file:
            other.unlink()
    document["schedules"] = [{"name": "Nightly", "cron": "0 3 * * *"}, {**nightly, "name": "Twice"}]
    file.write_text(json.dumps(document))
    assert await apply() == [("Nightly", "change"), ("Twice", "create")]
    triggers = (await hub.ask("GET", "/api/triggers?limit=200")).body["items"]
    mine = {each["name"]: each for each in triggers if each["workflowName"] == name}
    assert {key: each["cron"] for key, each in mine.items()} == {"Nightly": "0 3 * * *", "Twice": "0 2 * * *"}
    assert mine["Nightly"]["timezone"] == "Europe/Zurich"
    for each in mine.values():
        await hub.ask("DELETE", f"/api/triggers/{each['id']}")


async def test_nothing_is_changed_while_one_file_is_wrong(hub: Integrator, tmp_path: Path) -> None:
    exekra = terminal_at(hub, tmp_path)
    good, bad = unique("Good"), unique("Bad")
    folder = tmp_path / "flows"
    folder.mkdir()
    files = {good: DOUBLING, bad: row(node("a", "no.such", {}))}
    for number, (name, graph) in enumerate(files.items()):
        document = {"format": "exekra.workflow/1", "name": name, "graph": graph}
        (folder / f"{number}.workflow.json").write_text(json.dumps(document))
    status, _, error = await exekra("apply", str(folder))
    assert status == FAILED
    assert "1.workflow.json: /graph/nodes/1/type" in error
    (folder / "1.workflow.json").write_text("{")
    status, _, error = await exekra("apply", str(folder))
    assert (status, "nothing was changed" in error) == (FAILED, True)
    assert (await hub.ask("GET", f"/api/workflows?q={good}")).body["items"] == []


async def test_what_somebody_saved_meanwhile_is_not_overwritten(hub: Integrator) -> None:
    name = unique("Shared")
    workflow_id = await hub.api.publish(name, DOUBLING)
    mine = {Path("a.workflow.json"): WorkflowDocument(name, "", (), FAILING)}
    authority = hub.under_test.running.authority.read_text()
    async with Hub(hub.url, ApiKey(hub.key.removeprefix("Bearer ")), authority=authority) as client:
        steps = plan(mine, await read_stored(client, published=False, schedules=False), publish=False, prune=False)
        await client.workflows.save_draft(workflow_id, row(node("theirs", "control.delay", {"seconds": 0})))
        with pytest.raises(ChangedMeanwhileError, match="somebody saved it"):
            _ = [step async for step in carry_out(client, steps, "")]
        found = await client.workflows.get(workflow_id)
        assert (found.draft_version, "theirs" in str(found.graph)) == (2, True)


async def test_pruning_deletes_what_has_no_file_and_never_everything(hub: Integrator, tmp_path: Path) -> None:
    exekra = terminal_at(hub, tmp_path)
    doomed = unique("Doomed")
    workflow_id = await hub.api.publish(doomed, FAILING)
    folder = tmp_path / "flows"
    folder.mkdir()
    status, _, error = await exekra("apply", str(folder), "--prune")
    assert (status, "would delete all" in error) == (2, True)
    await exekra.json("workflow", "export", "--all", str(folder))
    (path,) = [each for each in folder.iterdir() if json.loads(each.read_text())["name"] == doomed]
    path.unlink()
    steps = (await exekra.json("apply", str(folder), "--prune"))["steps"]
    assert [step["name"] for step in steps if step["action"] == "delete"] == [doomed]
    assert [step for step in steps if step["action"] in ("create", "change")] == []
    assert (await hub.ask("GET", f"/api/workflows/{workflow_id}")).status == 404


async def test_workflows_of_other_products_come_in_with_what_needs_an_eye(hub: Integrator, tmp_path: Path) -> None:
    exekra = terminal_at(hub, tmp_path)
    base = "n8n-nodes-base."
    nodes = [
        {
            "name": "Hook",
            "type": f"{base}webhook",
            "position": [0, 0],
            "parameters": {"path": "a", "httpMethod": "POST"},
        },
        {"name": "Own", "type": f"{base}code", "position": [200, 0], "parameters": {"jsCode": "return items"}},
    ]
    connections = {"Hook": {"main": [[{"node": "Own", "type": "main", "index": 0}]]}}
    theirs = {"n8n": {"name": unique("Theirs"), "nodes": nodes, "connections": connections}}
    theirs["red"] = [{"id": "1", "type": "inject", "wires": [["2"]]}, {"id": "2", "type": "function", "wires": []}]  # type: ignore[assignment] # Node-RED exports a list
    for name, document in theirs.items():
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(document))
        imported = await exekra.json("workflow", "import", str(file), "--name", unique(name))
        assert imported["problems"] == []
        assert {note["kind"] for note in imported["notes"]} <= {"trigger", "refused"}
        assert any("Code has no equivalent" in note["message"] for note in imported["notes"])
    status, said, _ = await exekra("workflow", "import", str(tmp_path / "n8n.json"), "--publish")
    assert status == 0
    assert "refused: Own: Code has no equivalent" in said
    (tmp_path / "no.json").write_text('{"nodes": [{}], "connections": {}}')
    assert (await exekra("workflow", "import", str(tmp_path / "no.json")))[0] == REFUSED
