"""The page at `/` of a Hub whose browser UI is not built: what this is, why so little is shown, and where to go."""

from html import escape

from services.gateway import VERSION
from services.gateway.pages.layout import MARK, frame

_DOORS = (
    ("/api/docs", "API documentation", "Every call with its parameters, answers and the permission it needs."),
    ("/api/openapi.json", "OpenAPI document", "OpenAPI 3.1, for generating clients and for tools."),
    ("/readyz", "Readiness", "Whether the database and every service answer."),
    ("/ca.pem", "Certificate authority", "The Hub's own CA: trust it once, and browsers and programs accept this Hub."),
)
_COMMANDS = (
    ("Sign in from a terminal", "exekra login"),
    ("See how the Hub is doing", "exekra status"),
    ("Run a workflow and wait for its end", "exekra run WORKFLOW --wait"),
)


def render_start(failure: str = "") -> str:
    """The whole page; `failure` says why the UI could not be built."""
    reason = escape(failure or "It is being built, or this Hub was started without building it.")
    doors = "".join(
        f'<a class="card door" href="{href}"><h2>{escape(title)}</h2><p>{escape(text)}</p></a>'
        for href, title, text in _DOORS
    )
    commands = "".join(f"<dt>{escape(what)}</dt><dd><code>{escape(line)}</code></dd>" for what, line in _COMMANDS)
    body = (
        f'<main class="narrow"><header class="hero">{MARK}<h1>Exekra Hub</h1>'
        "<p>On-premise robotic process automation. The Hub stores workflows and decides what runs where and when; "
        "runners act. Everything stays on your machines.</p></header>"
        '<section class="card"><h2>The browser UI is not here yet</h2>'
        f"<p>{reason} <code>make ui</code> builds it; then load this page again. "
        "Everything else works meanwhile.</p></section>"
        f'<section class="grid">{doors}</section>'
        f'<section class="card"><h2>From a terminal</h2><dl class="commands">{commands}</dl></section>'
        f"<footer>Version {escape(VERSION)}</footer></main>"
    )
    return frame("Exekra Hub", body)
