"""Takes the pictures into `.build/screenshots/NAME-SIZE-THEME.png`, on a Hub of its own or one that runs (`--url`).

Exits 1 when a page wrote to the browser's console: then the picture is not all that is wrong.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from pydantic import SecretStr

from scripts.demo.client import signed_in
from scripts.screenshots.material import bring_in
from scripts.screenshots.pages import SHOTS, SIZES, THEMES, Shot, launch, sign_in, take
from services.launcher.console import Console
from services.launcher.hub import running_hub
from services.launcher.ports import free_port
from services.launcher.settings import LauncherSettings

TARGET = Path(".build/screenshots")


@dataclass(frozen=True)
class Subject:
    """The Hub that is pictured, and who looks at it."""

    url: str
    email: str
    password: str
    ids: Mapping[str, str]


@asynccontextmanager
async def own_hub() -> AsyncIterator[Subject]:
    """A Hub in a temporary folder with the material, gone afterwards."""
    email, password = "mira.halonen@kestrel.example", "correct horse battery"
    with tempfile.TemporaryDirectory() as folder:
        settings = LauncherSettings(
            home=Path(folder) / "home",
            https_port=free_port(),
            runner_port=free_port(),
            https_host="127.0.0.1",
            admin_email=email,
            admin_password=SecretStr(password),
        )
        async with (
            running_hub(settings, Console()) as hub,
            signed_in(hub.url, hub.authority, email, password) as client,
        ):
            yield Subject(hub.url, email, password, await bring_in(client, hub.runner_id))


async def picture(browser: Browser, subject: Subject, shots: list[Shot], size: str, theme: str) -> list[str]:
    """All pages in one size and theme; answers what the console said."""
    width, height = SIZES[size]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if size == "phone" else 1,
        color_scheme="dark" if theme == "dark" else "light",
        ignore_https_errors=True,
    )
    page, said = await context.new_page(), list[str]()
    page.on("console", lambda message: said.append(f"{page.url} {message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url} error: {error}"))
    for shot in (shot for shot in shots if not shot.signed_in):
        await take(page, subject.url, shot, subject.ids, TARGET / f"{shot.name}-{size}-{theme}.png")
    await page.goto(f"{subject.url}/sign-in")
    await sign_in(page, subject.email, subject.password)
    for shot in (shot for shot in shots if shot.signed_in):
        await take(page, subject.url, shot, subject.ids, TARGET / f"{shot.name}-{size}-{theme}.png")
    await context.close()
    return said


async def run(arguments: argparse.Namespace) -> int:
    """Returns 0, or 1 when a console was written to."""
    shots = [shot for shot in SHOTS if not arguments.only or shot.name in arguments.only.split(",")]
    sizes = arguments.sizes.split(",") if arguments.sizes else list(SIZES)
    themes = arguments.themes.split(",") if arguments.themes else list(THEMES)
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        async with _subject(arguments) as subject:
            said = [
                line
                for size in sizes
                for theme in themes
                for line in await picture(browser, subject, shots, size, theme)
            ]
        await browser.close()
    for line in said:
        print(line, file=sys.stderr)
    print(f"{len(shots) * len(sizes) * len(themes)} pictures in {TARGET}")
    return 1 if said else 0


@asynccontextmanager
async def _subject(arguments: argparse.Namespace) -> AsyncIterator[Subject]:
    if not arguments.url:
        async with own_hub() as subject:
            yield subject
        return
    ids = json.loads(await asyncio.to_thread(arguments.ids.read_text))
    yield Subject(arguments.url, arguments.email, arguments.password, ids)


def main() -> int:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m scripts.screenshots", description=__doc__)
    parser.add_argument("--url", default="", help="https://host:port of a Hub that runs; needs the next three")
    parser.add_argument("--email", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--ids", type=Path, help="JSON file with the ids pages are opened with")
    parser.add_argument("--only", default="", help="names of pages, separated by commas")
    parser.add_argument("--sizes", default="", help="desktop, phone")
    parser.add_argument("--themes", default="", help="light, dark")
    TARGET.mkdir(parents=True, exist_ok=True)
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
