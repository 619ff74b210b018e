"""Which pages are pictured, and the browser that pictures them."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, Playwright

SIZES: Final = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES: Final = ("light", "dark")
QUIET_FLAGS: Final = (
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SETTLE_MILLISECONDS: Final = 2_000


@dataclass(frozen=True)
class Shot:
    """One page: the picture's name, the address with the material's ids in braces, and what is done before."""

    name: str
    path: str
    press: str = ""
    """Keys, one after the other, separated by blanks."""
    signed_in: bool = True


SHOTS: Final = (
    Shot("sign-in", "/sign-in", signed_in=False),
    Shot("dashboard", "/"),
    Shot("palette", "/", press="Control+k"),
    Shot("shortcuts", "/", press="?"),
    Shot("workflows", "/workflows"),
    Shot("workflow", "/workflows/{workflow}"),
    Shot("workflow-versions", "/workflows/{workflow}?tab=versions"),
    Shot("workflow-compared", "/workflows/{workflow}?tab=versions&from=1&to=2"),
    Shot("workflow-about", "/workflows/{workflow}?tab=about"),
    Shot("executions", "/executions"),
    Shot("executions-failed", "/executions?status=FAILED,LOST"),
    Shot("executions-empty", "/executions?q=nothing-is-called-so"),
    Shot("execution-completed", "/executions/{completed}"),
    Shot("execution-failed", "/executions/{failed}"),
    Shot("execution-running", "/executions/{running}"),
    Shot("execution-queued", "/executions/{queued}"),
    Shot("execution-stopped", "/executions/{stopped}"),
    Shot("execution-log", "/executions/{chatty}?tab=log"),
    Shot("execution-values", "/executions/{completed}?tab=values"),
    Shot("execution-node", "/executions/{completed}?run=4"),
    Shot("runners", "/runners"),
    Shot("runner", "/runners/{runner}"),
    Shot("triggers", "/triggers"),
    Shot("trigger", "/triggers/{schedule}"),
    Shot("trigger-ledger", "/triggers/{schedule}?tab=ledger"),
    Shot("trigger-deliveries", "/triggers/{webhook}"),
    Shot("trigger-call", "/triggers/{webhook}?tab=call"),
    Shot("trigger-new", "/triggers/new?kind=schedule"),
    Shot("trigger-new-webhook", "/triggers/new?kind=webhook"),
    Shot("event-endpoints", "/event-endpoints"),
    Shot("event-endpoint", "/event-endpoints/{endpoint}"),
    Shot("notification-rules", "/notification-rules"),
    Shot("vault", "/credentials"),
    Shot("vault-new", "/credentials?new=credential"),
    Shot("calendars", "/calendars"),
    Shot("calendar", "/calendars/{calendar}"),
    Shot("approvals", "/approvals"),
    Shot("queues", "/queues"),
    Shot("queue", "/queues/{queue}"),
    Shot("queue-item", "/queues/{queue}/items/{item}"),
    Shot("variables", "/variables"),
    Shot("setup", "/setup"),
    Shot("users", "/users"),
    Shot("api-keys", "/api-keys"),
    Shot("audit", "/audit"),
    Shot("licence", "/licence"),
    Shot("health", "/health"),
    Shot("settings", "/settings"),
    Shot("not-found", "/no-such-place"),
    Shot("studio", "/workflows/{workflow}/studio"),
)


async def launch(playwright: Playwright) -> Browser:
    """The machine's own Chromium. Raises playwright's Error when there is none."""
    flags = [*QUIET_FLAGS, *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])]
    program = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    return await playwright.chromium.launch(executable_path=program, args=flags)


async def sign_in(page: Page, email: str, password: str) -> None:
    """By the form, as a person does."""
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name="Dashboard").or_(page.locator("#page")).first.wait_for()


async def take(page: Page, url: str, shot: Shot, ids: Mapping[str, str], target: Path) -> None:
    """One picture, when nothing moves any more."""
    await page.goto(url + shot.path.format_map(ids))
    await page.locator("#page, main").first.wait_for()
    for key in shot.press.split():
        await page.keyboard.press(key)
    await page.wait_for_timeout(SETTLE_MILLISECONDS)
    await page.screenshot(path=target)
