"""Pictures of the screen, by mss, and files made of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from runner.desktop.model import DesktopError, Picture, Region

if TYPE_CHECKING:
    from mss import MSS


class Camera:
    """Takes pictures of one display; used in one thread. `display` is the name of an X11 display, else None."""

    def __init__(self, display: str | None = None) -> None:
        self._display = display
        self._source: MSS | None = None

    def screen(self) -> Region:
        """All monitors together. Raises DesktopError CAPTURE_FAILED."""
        with self._open() as source:
            whole = source.monitors[0]
            return Region(whole["left"], whole["top"], whole["width"], whole["height"])

    def capture(self, region: Region) -> Picture:
        """The pixels of a region. Raises DesktopError CAPTURE_FAILED, also for an empty region."""
        if region.width < 1 or region.height < 1:
            raise DesktopError("CAPTURE_FAILED", "The region to look at is empty or outside of the screen.")
        with self._open() as source:
            box = {"left": region.x, "top": region.y, "width": region.width, "height": region.height}
            return Picture(region, bytes(source.grab(box).raw))

    def close(self) -> None:
        """End the connection."""
        if self._source is not None:
            self._source.close()
            self._source = None

    @contextmanager
    def _open(self) -> Iterator["MSS"]:
        import mss  # noqa: PLC0415 - an extra; see `availability`

        try:
            if self._source is None:
                self._source = mss.MSS() if self._display is None else mss.MSS(display=self._display)
            yield self._source
        except mss.ScreenShotError as error:
            raise DesktopError("CAPTURE_FAILED", f"No picture can be taken: {error}", retryable=True) from error


def png_of(picture: Picture, enlarged: int = 1) -> bytes:
    """The picture as a PNG file, made so many times as large."""
    from PIL import Image  # noqa: PLC0415 - an extra; see `availability`

    image = Image.frombytes("RGB", (picture.at.width, picture.at.height), picture.bgra, "raw", "BGRX")
    if enlarged > 1:
        image = image.resize((image.width * enlarged, image.height * enlarged), Image.Resampling.BICUBIC)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
