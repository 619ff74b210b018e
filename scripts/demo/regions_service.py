"""The web service the workflow asks: at first it is busy, so that a retry policy has something to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from scripts.demo.material import REGIONS

BUSY_ANSWERS: Final = 2
LOOPBACK: Final = "127.0.0.1"


class RegionsService:
    """Counts its calls: the first two are answered with 503, the others with the table."""

    def __init__(self, url: str = "") -> None:
        self.url = url
        self.calls = 0

    async def answer(self, _: web.Request) -> web.StreamResponse:
        """One call."""
        self.calls += 1
        if self.calls <= BUSY_ANSWERS:
            return web.Response(status=503, text="The service is busy.")
        return web.FileResponse(REGIONS)


@asynccontextmanager
async def regions_service(address: str = LOOPBACK) -> AsyncIterator[RegionsService]:
    """The service on a free port of the address, for as long as the block lasts."""
    service = RegionsService()
    application = web.Application()
    application.router.add_get("/regions.json", service.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, address, 0).start()
        service.url = f"http://{address}:{runner.addresses[0][1]}/regions.json"
        yield service
    finally:
        await runner.cleanup()
