"""Serves both exercises on a free port of the loopback interface; no page asks anything of another machine."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from aiohttp import web

from scripts.demo.browser.challenge import Challenge
from scripts.demo.browser.shop import Shop
from scripts.demo.regions_service import LOOPBACK

PAGES: Final = Path(__file__).resolve().parent / "pages"


@dataclass(frozen=True)
class Site:
    """Where the exercises are, and what they have seen so far. One seed decides all that is random in them."""

    url: str
    challenge: Challenge
    shop: Shop


@asynccontextmanager
async def exercise_site(seed: int) -> AsyncIterator[Site]:
    """The site, for as long as the block lasts."""
    challenge, shop = Challenge(), Shop(seed)
    application = web.Application()
    application.add_routes([*challenge.routes(), *shop.routes()])
    for name in ("challenge", "shop"):
        application.router.add_get(f"/{name}", _page(PAGES / f"{name}.html", seed))
    application.router.add_static("/", PAGES)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, 0).start()
        yield Site(f"http://{LOOPBACK}:{runner.addresses[0][1]}", challenge, shop)
    finally:
        await runner.cleanup()


def _page(file: Path, seed: int) -> Callable[[web.Request], Awaitable[web.Response]]:
    text = Template(file.read_text("utf-8")).substitute(seed=seed)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type="text/html")

    return answer
