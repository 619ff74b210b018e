"""One Hub and one browser for all whole-system tests of a session: what a test leaves behind must not hinder others."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

from scripts import ui
from scripts.screenshots.pages import launch
from tests.e2e.integrator import Integrator
from tests.e2e.studio import SECONDS
from tests.e2e.terminal import typist_in
from tests.hub import hub_under_test
from tests.licences import PUBLIC_KEY

SLOTS = 4
# The limits are tested elsewhere; everything here comes from one address.
RATES = {f"EXEKRA_RATE_{kind}": "1000000" for kind in ("API_KEY", "ANONYMOUS", "SESSION", "LOGIN")}
HEARTBEAT_SECONDS = 1
# Receivers of events live on this machine; what fails is tried again soon.
RECEIVERS = {"EXEKRA_ALLOW_PRIVATE_ENDPOINTS": "127.0.0.1/32", "EXEKRA_DELIVERY_FIRST_RETRY_SECONDS": "0.2"}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def hub(short_folder: Path) -> AsyncIterator[Integrator]:
    """An integrator at a running Hub with one runner of four slots that beats every second."""
    folder = short_folder / "e2e"
    folder.mkdir()
    settings = {
        **RATES,
        **RECEIVERS,
        "EXEKRA_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
        "EXEKRA_LICENSE_KEYS": f"{PUBLIC_KEY} tests",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(name, value)
        async with hub_under_test(folder, slots=SLOTS) as running:
            with typist_in(folder) as typist:
                yield Integrator(running, typist)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(hub: Integrator) -> AsyncIterator[Browser]:
    """Chromium, and the built pages that the Hub shows it. Left out on a developer's machine that has none."""
    assert hub.url
    # With the tools: axe stands among them.
    await asyncio.to_thread(ui.install)
    await asyncio.to_thread(ui.build)
    expect.set_options(timeout=SECONDS * 1000)
    async with async_playwright() as playwright:
        try:
            chromium = await launch(playwright)
        except PlaywrightError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"there is no Chromium: {error}")
        yield chromium
        await chromium.close()
