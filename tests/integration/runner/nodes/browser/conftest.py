"""One browser for all tests of browser nodes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.runner.nodes.browser.desk import Desk, open_desk


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk
