"""Serves the built browser UI: its files for ever, its page for every address that is nobody else's.

What is built is looked at again when it was built anew, so nothing has to be restarted. Who may see which data is the
API's business; these files hold none.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from services.gateway.pages.start import render_start
from services.gateway.web.headers import page_policy

DIST = Path(__file__).resolve().parent.parent / "ui/dist"
FAILURE = "failure.txt"
"""In place of a build: why there is none."""
NONCE = "%EXEKRA_NONCE%"
ASSETS = "assets"
MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
"""What a build holds; the compressed forms beside are served under their names."""
IMMUTABLE = "public, max-age=31536000, immutable"
UNVERSIONED = "public, max-age=3600"
"""For files whose name does not change with their content."""
PAGE = r"/{page:(?!(?:api|hooks|assets|healthz|readyz|metrics|ca\.pem|\.well-known)(?:/|$)).*}"
"""Every path that is not for programs."""


@dataclass(frozen=True, slots=True)
class _Built:
    """One build: the page with a gap for the nonce, and the names of the files it may ask for."""

    modified_ns: int
    page: str
    files: Mapping[str, Path]


class BrowserUi:
    """Reads the build in `folder` when it is first asked for, and again after it was replaced."""

    def __init__(self, folder: Path = DIST) -> None:
        self._folder = folder
        self._built: _Built | None = None

    def routes(self) -> list[web.RouteDef]:
        """The files, and last of all every other address."""
        return [web.get(f"/{ASSETS}/{{name:[A-Za-z0-9._-]+}}", self.serve_file), web.get(PAGE, self.serve_page)]

    async def serve_page(self, request: web.Request) -> web.Response:
        """The UI's page, or the start page while it is not built. Programs that err in the address get a 404."""
        if request.path != "/" and "text/html" not in request.headers.get("Accept", ""):
            raise web.HTTPNotFound
        built = await asyncio.to_thread(self._look)
        nonce = secrets.token_urlsafe(16)
        text = (
            render_start(await asyncio.to_thread(self._failure)) if built is None else built.page.replace(NONCE, nonce)
        )
        return web.Response(
            text=text, content_type="text/html", headers={"Content-Security-Policy": page_policy(nonce)}
        )

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        """A file of the build, compressed beforehand where the browser takes it (by FileResponse)."""
        name = request.match_info["name"]
        built = self._built or await asyncio.to_thread(self._look)
        if built is not None and name not in built.files:
            built = await asyncio.to_thread(self._look)
        if built is None or name not in built.files:
            raise web.HTTPNotFound
        path = built.files[name]
        response = web.FileResponse(path, headers={"Cache-Control": IMMUTABLE if _is_versioned(name) else UNVERSIONED})
        response.content_type = MEDIA_TYPES[path.suffix]
        return response

    def _look(self) -> _Built | None:
        """The build as it is now; the one that is known while it is being replaced."""
        index = self._folder / "index.html"
        try:
            modified = index.stat().st_mtime_ns
            if self._built is None or self._built.modified_ns != modified:
                files = {path.name: path for path in (self._folder / ASSETS).iterdir() if path.suffix in MEDIA_TYPES}
                self._built = _Built(modified, index.read_text(encoding="utf-8"), files)
        except OSError:
            return self._built
        return self._built

    def _failure(self) -> str:
        try:
            return (self._folder / FAILURE).read_text(encoding="utf-8").strip()
        except OSError:
            return ""


def _is_versioned(name: str) -> bool:
    """Whether the bundler put a fingerprint of the content into the name: `Shell-BUv5Guqn.js`."""
    stem = name.partition(".")[0]
    return len(stem) > len("-12345678") and stem[-9] == "-"
