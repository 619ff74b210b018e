"""Finds a small picture in a large one: where, how alike, and at which scale. Pure: pictures in, places out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from runner.desktop.model import DesktopError, Picture, Region
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[Any]

SCALE_STEP: Final = 0.05
MATCH_LIMIT: Final = 100
PIXEL_LIMIT: Final = 40_000_000
"""A picture that unpacks to more is not one of a part of a screen."""
_OVERLAP: Final = 0.5
"""Two places that share more of their surface than this are one."""
_SMALLEST: Final = 4
"""Pixels of a side; smaller pictures are found anywhere."""
_CANDIDATES: Final = 2_000
"""Places judged at each scale."""


@dataclass(frozen=True, slots=True)
class Match:
    """A place where the picture is. `confidence` is 1 for the very same pixels."""

    region: Region
    confidence: float
    scale: float

    def as_json(self) -> dict[str, Json]:
        """Plain data for outputs."""
        return {**self.region.as_json(), "confidence": round(self.confidence, 4), "scale": self.scale}


@dataclass(frozen=True, slots=True)
class Found:
    """`matches` have enough confidence, the best first; `best` is the most alike place, good enough or not."""

    matches: Sequence[Match]
    best: Match | None

    def failure(self, confidence: float) -> DesktopError:
        """What to say when there is no match."""
        near = "" if self.best is None else f" The most alike place has {self.best.confidence:.2f}."
        message = f"The picture is not on the screen with a confidence of {confidence:.2f}.{near}"
        best = None if self.best is None else self.best.as_json()
        return DesktopError("IMAGE_NOT_FOUND", message, retryable=True, details={"best": best})


class Template:
    """A picture that is looked for."""

    def __init__(self, pixels: "Pixels") -> None:
        self._pixels = pixels

    @classmethod
    def read(cls, data: bytes, name: str) -> "Template":
        """From a file's bytes (PNG, JPEG, BMP, WebP). Raises DesktopError IMAGE_UNREADABLE or IMAGE_UNUSABLE."""
        import io  # noqa: PLC0415

        import numpy as np  # noqa: PLC0415 - extras; see `availability`
        from PIL import Image  # noqa: PLC0415

        try:
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "BMP", "WEBP")) as image:
                if image.width * image.height > PIXEL_LIMIT:
                    raise DesktopError("IMAGE_UNUSABLE", f"{name} is larger than any screen; cut out the part to find.")
                rgb = np.asarray(image.convert("RGB"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            message = f"{name} is no picture that can be read; save it as PNG."
            raise DesktopError("IMAGE_UNREADABLE", message) from error
        if min(rgb.shape[:2]) < _SMALLEST:
            raise DesktopError("IMAGE_UNUSABLE", f"{name} is too small to be found; cut out a larger part.")
        if float(rgb.std(axis=(0, 1)).max()) < 1.0:
            raise DesktopError("IMAGE_UNUSABLE", f"{name} is of one colour; cut out a part that shows something.")
        return cls(np.ascontiguousarray(rgb[:, :, ::-1]))

    def find(self, picture: Picture, confidence: float, scale_tolerance: float = 0.0) -> Found:
        """Where this picture is in `picture`.

        `scale_tolerance` of 0.2 also finds it 20 % smaller or larger, in steps of 5 %. Places are those of the screen.
        """
        import numpy as np  # noqa: PLC0415

        at = picture.at
        haystack = np.frombuffer(picture.bgra, np.uint8).reshape(at.height, at.width, 4)[:, :, :3]
        haystack = np.ascontiguousarray(haystack)
        good: list[Match] = []
        best: Match | None = None
        for scale in _scales(scale_tolerance):
            for match in self._at_scale(haystack, at, scale, confidence):
                if best is None or match.confidence > best.confidence:
                    best = match
                if match.confidence >= confidence:
                    good.append(match)
        return Found(_apart(sorted(good, key=lambda match: -match.confidence)), best)

    def _at_scale(self, haystack: "Pixels", at: Region, scale: float, confidence: float) -> Iterator[Match]:
        import cv2  # noqa: PLC0415 - an extra of 0.3 s; see `availability`
        import numpy as np  # noqa: PLC0415

        needle = self._pixels
        if scale != 1.0:
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            needle = cv2.resize(needle, None, fx=scale, fy=scale, interpolation=how)
        height, width = needle.shape[:2]
        if min(height, width) < _SMALLEST or height > haystack.shape[0] or width > haystack.shape[1]:
            return
        scores = cv2.matchTemplate(haystack, needle, cv2.TM_CCOEFF_NORMED)
        # Where the screen is of one colour there is nothing to compare, and the library divides by nothing.
        scores = np.nan_to_num(scores, nan=-1.0, posinf=-1.0, neginf=-1.0)
        scores[scores > 1.0 + 1e-3] = -1.0
        best = np.unravel_index(int(scores.argmax()), scores.shape)
        places = np.argwhere(scores >= confidence)
        if len(places) > _CANDIDATES:
            order = np.argsort(-scores[places[:, 0], places[:, 1]], kind="stable")
            places = places[order[:_CANDIDATES]]
        for y, x in [best, *places]:
            region = Region(at.x + int(x), at.y + int(y), width, height)
            yield Match(region, min(float(scores[y, x]), 1.0), scale)


def _scales(tolerance: float) -> list[float]:
    """1 first, then ever further from it."""
    steps = int(tolerance / SCALE_STEP + 1e-9)
    more = (round(1 + sign * step * SCALE_STEP, 2) for step in range(1, steps + 1) for sign in (-1, 1))
    return [1.0, *more]


def _apart(matches: Sequence[Match]) -> list[Match]:
    """The best of each heap of places that overlap."""
    kept: list[Match] = []
    for match in matches:
        if len(kept) == MATCH_LIMIT:
            break
        if all(_shared(match.region, other.region) <= _OVERLAP for other in kept):
            kept.append(match)
    return kept


def _shared(a: Region, b: Region) -> float:
    """The surface two regions share, as a part of the smaller one."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    smaller = min(a.width * a.height, b.width * b.height)
    return max(width, 0) * max(height, 0) / smaller if smaller else 0.0
