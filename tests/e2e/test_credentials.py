"""The vault in a browser: a credential is made by mouse, chosen in the Studio, used, deleted; its value is nowhere."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.integrator import Integrator, node, row, unique
from tests.e2e.studio import SECONDS, person
from tests.hub import EMAIL, PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WAIT = SECONDS * 1000


async def test_a_credential_is_made_chosen_used_and_deleted_and_its_value_is_on_no_page(
    browser: Browser, hub: Integrator
) -> None:
    secret, name = f"tok-{uuid4().hex}", f"shop_{uuid4().hex[:8]}"
    async with person(browser, hub.url, EMAIL, PASSWORD) as ada:
        page = ada.page
        await make(page, hub, name, secret)
        row_of = page.get_by_role("row").filter(has_text=name)
        await expect(row_of).to_contain_text("nothing")
        await expect(row_of).to_contain_text("never")
        assert secret not in await page.content()

        # Chosen in a node's field; one that is not there is a problem.
        graph = row(node("call", "http.request", {"url": "https://shop.example.com/", "auth": {"type": "bearer"}}))
        made = await hub.api.call("POST", "/workflows", {"name": unique("Orders"), "graph": placed(graph)})
        workflow_id = made["workflow"]["id"]
        await ada.open(workflow_id)
        await ada.node("call").click()
        await page.get_by_placeholder("Choose a credential").click()
        await page.get_by_role("option", name=f"{name} · token").click()
        await ada.saved()
        assert await token_of(hub, workflow_id) == f"{{{{ credentials.{name}.token }}}}"
        await expect(page.get_by_text("Ready to publish")).to_be_visible(timeout=WAIT)
        await ada.field("Token", "{{ credentials.nobody.token }}")
        problem = page.get_by_test_id("problems").get_by_role("button").filter(has_text="no credential 'nobody'")
        await expect(problem).to_be_visible(timeout=WAIT)
        await ada.field("Token", f"{{{{ credentials.{name}.token }}}}")
        await ada.saved()
        await expect(page.get_by_text("Ready to publish")).to_be_visible(timeout=WAIT)

        # Used: the execution tells everything but the value, the vault who had it.
        user = unique("Says it")
        message = f"it is {{{{ credentials.{name}.token }}}}!"
        using = await hub.api.publish(user, row(node("say", "log.message", {"message": message})))
        execution = await hub.run(using)
        assert execution["status"] == "COMPLETED"
        await page.goto(f"{hub.url}/executions/{execution['id']}?tab=log")
        await expect(page.get_by_text("it is ").first).to_be_visible(timeout=WAIT)
        assert secret not in await page.content()
        await page.goto(f"{hub.url}/credentials?q={name}")
        await expect(row_of).to_contain_text(user)
        await expect(row_of.get_by_role("link", name="ago")).to_be_visible()

        # Another value, then its end, with what breaks.
        await page.get_by_role("button", name=f"More for {name}").click()
        await page.get_by_role("menuitem", name="Replace the value…").click()
        form = page.get_by_role("dialog")
        await expect(form.get_by_label("Token", exact=True)).to_have_value("")
        await form.get_by_label("Token", exact=True).fill(f"{secret}-2")
        await form.get_by_role("button", name="Save").click()
        await expect(form).to_have_count(0)
        credentials = await hub.api.call("GET", f"/credentials?q={name}")
        assert [credential["version"] for credential in credentials["items"]] == [2]
        assert secret not in str(credentials)
        await page.get_by_role("button", name=f"More for {name}").click()
        await page.get_by_role("menuitem", name="Delete…").click()
        await expect(page.get_by_role("dialog")).to_contain_text(user)
        await page.get_by_role("button", name="Delete", exact=True).click()
        await expect(page.get_by_role("heading", name="No credential fits")).to_be_visible(timeout=WAIT)
        assert ada.said == []


async def make(page: Page, hub: Integrator, name: str, token: str) -> None:
    """By mouse, from the list of executions: both pages know the workflows by name."""
    async with page.expect_response("**/api/workflows?*", timeout=WAIT):
        await page.goto(f"{hub.url}/executions")
    await page.get_by_role("link", name="Vault").click()
    await page.get_by_role("button", name="New credential").first.click()
    form = page.get_by_role("dialog")
    await form.get_by_role("textbox", name="Name", exact=True).fill("9 lives")
    await expect(form.get_by_text("a letter first")).to_be_visible()
    await form.get_by_role("textbox", name="Name", exact=True).fill(name)
    await form.get_by_label("Kind").click()
    await page.get_by_role("option", name="Token").click()
    await expect(form.get_by_role("button", name="Create")).to_be_disabled()
    await form.get_by_label("Token", exact=True).fill(token)
    await form.get_by_role("button", name="Create").click()
    await expect(page.get_by_text(f"Made {name}.")).to_be_visible(timeout=WAIT)
    await expect(form).to_have_count(0)


def placed(graph: dict[str, Any]) -> dict[str, Any]:
    """With the nodes one below the other."""
    nodes = [{**each, "position": {"x": 0, "y": 90 * number}} for number, each in enumerate(graph["nodes"])]
    return {**graph, "nodes": nodes}


async def token_of(hub: Integrator, workflow_id: str) -> str:
    """What the saved draft has in the node's field."""
    graph = (await hub.api.call("GET", f"/workflows/{workflow_id}"))["workflow"]["graph"]
    token: str = graph["nodes"][1]["config"]["auth"]["token"]
    return token
