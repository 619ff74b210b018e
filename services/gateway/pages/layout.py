"""The frame of our pages: head, mark, own style sheet. Everything that is shown is escaped by its caller."""

from html import escape

MARK = (
    '<svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">'
    '<path d="M5 6h9M5 12h14M5 18h9" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>'
    '<circle cx="18" cy="6" r="2" fill="currentColor"/><circle cx="18" cy="18" r="2" fill="currentColor"/></svg>'
)


def frame(title: str, body: str, *, scripts: str = "") -> str:
    """A whole HTML document."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>"
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/hub.css">'
        f"</head><body>{body}{scripts}</body></html>"
    )
