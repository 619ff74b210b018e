"""Runs the browser demo on a Hub and a runner of its own: two exercises in a real browser, judged by their site.

Exits 0 only if both are done and right, 1 if not, 4 if refused: no browser, or a setting that does not fit.
"""

import secrets
import sys

from pydantic import ValidationError

from runner.nodes.browser import program
from scripts.demo.browser.exercises import do_challenge, do_shop
from scripts.demo.browser.site import exercise_site
from scripts.demo.command import EXIT_REFUSED, run_demo
from scripts.demo.own_hub import own_hub
from services.launcher.console import Console
from services.launcher.settings import LauncherSettings


def main() -> int:
    """Run the demo; the exit status."""
    try:
        settings = LauncherSettings()
    except (ValidationError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_REFUSED
    console = Console(settings.log_format)
    problem = program.missing()
    if problem is not None:
        console.warn(f"this demo needs a browser. {problem}")
        return EXIT_REFUSED
    return run_demo(_demo(settings, console), console)


async def _demo(settings: LauncherSettings, console: Console) -> None:
    seed = secrets.randbelow(1_000_000)
    async with own_hub(settings, console) as (hub, client), exercise_site(seed) as site:
        console.progress(f"exercises at {site.url}/challenge and {site.url}/shop, all chance from seed {seed}")
        await do_challenge(client, site, hub.url, console)
        await do_shop(client, site, hub.url, console)


if __name__ == "__main__":
    sys.exit(main())
