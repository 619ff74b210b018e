"""What a browser node says when it could not do its work, and the evidence it keeps: a picture and the trace.

The trace holds everything that was done and all texts of the page. Texts are masked before it leaves; what is no text
is left out of it, except pictures the page itself loaded.
"""

import asyncio
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from runner.engine.masking import Masker
from runner.nodes.base import Artifact, NodeContext, NodeFailure
from runner.nodes.browser.program import SANDBOX_SETTING
from runner.nodes.browser.session import BrowserSession, Opening
from runner.selectors.finding import NotFoundError
from runner.workflow.documents import Json

EVIDENCE_SECONDS: Final = 30.0
SCREENSHOT_MILLISECONDS: Final = 20_000
_PICTURES: Final = (".png", ".jpeg", ".jpg", ".gif", ".webp", ".ico", ".woff", ".woff2", ".ttf", ".otf")
_LOG_LINES: Final = 12
_LOG_CHARACTERS: Final = 4_000
_KNOWN: Final = (
    (
        re.compile("has been closed|Target crashed|Page crashed"),
        "BROWSER_CLOSED",
        "the tab or the browser was closed meanwhile, or crashed",
        False,
    ),
    (
        re.compile("frame (?:was|got) detached", re.IGNORECASE),
        "FRAME_GONE",
        "the frame is gone from the page; enter it again by browser.frame",
        True,
    ),
    (
        re.compile("Execution context was destroyed|Cannot find context"),
        "PAGE_CHANGED",
        "the page was replaced by another one meanwhile; wait for that first",
        True,
    ),
    (
        re.compile("strict mode violation"),
        "ELEMENT_AMBIGUOUS",
        "several elements fit by now; add an anchor or a candidate that tells them apart",
        True,
    ),
)
"""What the library says, the code, what that means, and whether another try may help."""
_NO_REASONS: Final = ("Call log", "waiting for locator", "locator resolved", "retrying", "waiting ")
_TELLING: Final = re.compile("intercepts pointer|is not|outside of the viewport|did not find|detached")
_ORIGIN: Final = re.compile(r"^(?:(?:Locator|Page|Frame|ElementHandle|BrowserContext)\.\w+: )?(?:Error: )?")


def not_found_failure(error: NotFoundError, session: BrowserSession) -> NodeFailure:
    """No candidate fits one element: what was tried, and what each matched."""
    tried = "; ".join(map(str, error.tried))
    details: dict[str, Json] = {"tried": [each.as_json() for each in error.tried], **place(session)}
    if error.unreadable:
        return NodeFailure("SELECTOR_INVALID", f"The selector cannot be used: {tried}.", details=details)
    where = f"on {session.url}"
    if error.ambiguous:
        message = (
            f"Waited {error.seconds:.1f} s for one element {where}, but the candidates fit several: {tried}. "
            "Add an anchor or a candidate that tells them apart."
        )
        return NodeFailure("ELEMENT_AMBIGUOUS", message, retryable=True, details=details)
    message = f"Waited {error.seconds:.1f} s for the element {where}, but no candidate fits: {tried}."
    return NodeFailure("ELEMENT_NOT_FOUND", message, retryable=True, details=details)


def playwright_failure(error: PlaywrightError, session: BrowserSession, doing: str) -> NodeFailure:
    """What the library said, for people. `doing` completes the sentence "Could not …"."""
    details = place(session)
    for mark, code, because, retryable in _KNOWN:
        if mark.search(error.message):
            return NodeFailure(code, f"Could not {doing}: {because}.", retryable=retryable, details=details)
    lines = [line.strip(" -") for line in error.message.splitlines() if line.strip()]
    if isinstance(error, PlaywrightTimeoutError):
        reasons = list(dict.fromkeys(line for line in lines[1:] if not line.startswith(_NO_REASONS)))
        telling = [line for line in reasons if _TELLING.search(line)] or reasons
        details["log"] = [*reasons[-_LOG_LINES:]]
        because = f": {telling[-1]}" if telling else ""
        message = f"Could not {doing} within the time{because}."
        return NodeFailure("ELEMENT_NOT_READY", message, retryable=True, details=details)
    said = _ORIGIN.sub("", lines[0] if lines else type(error).__name__)
    return NodeFailure("BROWSER_ACTION_FAILED", f"Could not {doing}: {said}", details=details)


def place(session: BrowserSession) -> dict[str, Json]:
    """Where the browser stands, for the details of a failure."""
    return {"url": session.url}


def start_failure(error: PlaywrightError, opening: Opening) -> NodeFailure:
    """The browser did not start: why, and what to do about it."""
    said = error.message
    if "sandboxing failed" in said or "No usable sandbox" in said:
        why = f"the system allows it no sandbox; allow user namespaces, or in a container set {SANDBOX_SETTING}=false"
    elif "XServer" in said or "Missing X server" in said:
        why = "there is no screen here; open it without a window"
    else:
        lines = [line.partition("[err]")[2].strip() for line in said.splitlines() if "[err]" in line]
        why = lines[-1] if lines else "it ended at once"
    details: dict[str, Json] = {"log": said[-_LOG_CHARACTERS:]}
    return NodeFailure(
        "BROWSER_NOT_STARTED", f"{opening.program} did not start: {why}.", retryable=True, details=details
    )


async def keep_evidence(failure: NodeFailure, session: BrowserSession, context: NodeContext) -> None:
    """Attach a screenshot and the trace, as far as the browser still answers, and refer to them in the details."""
    if session.opening.evidence == "nothing":
        return
    kinds = (
        {"screenshot": _keep_screenshot, "trace": _keep_trace} if session.traced else {"screenshot": _keep_screenshot}
    )
    for kind, keep in kinds.items():
        try:
            async with asyncio.timeout(EVIDENCE_SECONDS):
                failure.details[kind] = (await keep(session, context)).as_json()
        except (PlaywrightError, NodeFailure, TimeoutError, OSError) as error:
            context.log("warning", f"No {kind} of the failure could be kept: {error}")


async def _keep_screenshot(session: BrowserSession, context: NodeContext) -> Artifact:
    picture = session.folder / "failure.png"
    await take_picture(session, picture)
    return await context.attach(picture, f"{context.node_id}-failure.png", "image/png")


async def _keep_trace(session: BrowserSession, context: NodeContext) -> Artifact:
    trace = session.folder / "trace.zip"
    await session.save_trace(trace)
    hidden = Masker(session.secrets)
    await asyncio.to_thread(mask_archive, trace, lambda text: hidden.text(context.mask(text)))
    return await context.attach(trace, f"{context.node_id}-trace.zip", "application/zip")


async def take_picture(session: BrowserSession, path: Path, *, full_page: bool = False) -> None:
    """A screenshot of the tab, with the fields covered that hold a credential. Raises PlaywrightError."""
    await session.page.screenshot(
        path=path,
        full_page=full_page,
        mask=session.secret_fields,
        animations="disabled",
        timeout=SCREENSHOT_MILLISECONDS,
    )


def mask_archive(path: Path, mask: Callable[[str], str]) -> None:
    """Write the zip anew with every text masked and without what is neither text nor picture."""
    clean = path.with_suffix(".clean")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            try:
                data = mask(data.decode()).encode()
            except UnicodeDecodeError:
                if not entry.filename.lower().endswith(_PICTURES):
                    continue
            target.writestr(entry.filename, data)
    clean.replace(path)
