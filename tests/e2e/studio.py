"""A person in the Studio: a real Chromium at a whole Hub, and what they see and do there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from scripts.screenshots.pages import sign_in
from scripts.ui import UI

SECONDS = 60
"""What a browser beside a whole Hub may need on two busy cores; nobody waits for it when all is well."""
VIEW: ViewportSize = {"width": 1440, "height": 900}
AXE = UI / "node_modules/axe-core/axe.min.js"
# Colours that are on their way from one theme to the other are nobody's to judge.
SETTLE = """async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const ending = document.getAnimations().filter((each) => each.effect.getComputedTiming().iterations !== Infinity);
  await Promise.all(ending.map((each) => each.finished.catch(() => null)));
}"""


@dataclass
class Person:
    """One browser of one person; `said` is what the page wrote to the console as a warning or an error."""

    page: Page
    url: str
    said: list[str] = field(default_factory=list)

    async def open(self, workflow_id: str, search: str = "") -> None:
        """The Studio of a workflow, drawn."""
        await self.page.goto(f"{self.url}/workflows/{workflow_id}/studio{search}")
        await expect(self.node("start")).to_be_visible(timeout=SECONDS * 1000)

    def node(self, node_id: str) -> Locator:
        """A node on the canvas."""
        return self.page.get_by_test_id(f"node-{node_id}")

    def edge(self, edge_id: str) -> Locator:
        """An edge on the canvas."""
        return self.page.locator(f'.react-flow__edge[data-id="{edge_id}"]')

    async def add(self, node_type: str) -> None:
        """From the palette, behind what is chosen."""
        await self.page.get_by_test_id(f"palette-{node_type}").click()

    async def drag_type(self, node_type: str, into: str) -> None:
        """From the palette into the middle of a container's area."""
        canvas = self.page.get_by_test_id("canvas")
        area, target = await canvas.bounding_box(), await self.node(into).bounding_box()
        assert area is not None
        assert target is not None
        source = self.page.get_by_test_id(f"palette-{node_type}")
        await source.scroll_into_view_if_needed()
        x = target["x"] - area["x"] + target["width"] / 2
        y = target["y"] - area["y"] + target["height"] * 0.6
        await source.drag_to(canvas, target_position={"x": x, "y": y})

    async def field(self, title: str, text: str) -> None:
        """Types into a field of the settings as a person does, letter by letter."""
        settings = self.page.get_by_label("Settings of the node", exact=True)
        await settings.get_by_role("textbox", name=title, exact=True).click()
        await self.page.keyboard.press("ControlOrMeta+a")
        await self.page.keyboard.type(text)

    async def saved(self) -> None:
        """The draft is on the Hub."""
        mark = self.page.get_by_test_id("save-state")
        await expect(mark).to_have_attribute("data-state", "saved", timeout=SECONDS * 1000)

    async def problems(self) -> list[Any]:
        """Everything serious that axe finds on the page."""
        # Half a megabyte: once for each document, not for each look at it.
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(await asyncio.to_thread(AXE.read_text))
        await self.page.evaluate(SETTLE)
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            (problem["id"], [node["html"][:160] for node in problem["nodes"][:3]])
            for problem in found["violations"]
            if problem["impact"] in ("serious", "critical")
        ]


@asynccontextmanager
async def person(browser: Browser, url: str, email: str, password: str, **options: Any) -> AsyncIterator[Person]:
    """Somebody signed in, in a browser window of their own."""
    context = await browser.new_context(**{"viewport": VIEW, "ignore_https_errors": True, **options})
    page = await context.new_page()
    somebody = Person(page, url)
    page.on(
        "console",
        lambda message: somebody.said.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: somebody.said.append(str(error)))
    await page.goto(f"{url}/sign-in")
    await sign_in(page, email, password)
    try:
        yield somebody
    finally:
        await context.close()
