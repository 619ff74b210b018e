from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from runner.desktop.matching import Template
from runner.desktop.model import DesktopError, Picture, Region


def stamp():
    """A small picture with something on it."""
    generator = np.random.default_rng(7)
    return generator.integers(0, 255, (16, 24, 3), dtype=np.uint8)


def template(pixels=None):
    return Template.read(png(stamp() if pixels is None else pixels), "stamp.png")


def png(pixels):
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def screen(*places, shape=(200, 300), at=(0, 0)):
    """A plain screen with stamps on it."""
    pixels = np.full((*shape, 4), 200, np.uint8)
    for x, y in places:
        pixels[y : y + 16, x : x + 24, :3] = stamp()[:, :, ::-1]
    return Picture(Region(*at, shape[1], shape[0]), pixels.tobytes())


def test_each_place_is_found_once_the_same_pixels_with_full_confidence():
    found = template().find(screen((10, 20), (100, 20), (200, 150)), 0.95)
    assert [match.region for match in found.matches] == [
        Region(10, 20, 24, 16),
        Region(100, 20, 24, 16),
        Region(200, 150, 24, 16),
    ]
    assert min(match.confidence for match in found.matches) > 0.999


def test_places_are_those_of_the_screen_not_of_the_part_that_was_looked_at():
    [match] = template().find(screen((10, 20), at=(500, 600)), 0.95).matches
    assert (match.region.x, match.region.y) == (510, 620)


def test_a_screen_of_one_colour_holds_nothing():
    found = template().find(screen(), 0.9)
    assert found.matches == []
    assert found.best is not None
    assert found.best.confidence <= 0.1


def test_a_picture_larger_than_the_screen_is_nowhere():
    found = template().find(screen(shape=(10, 10)), 0.9)
    assert (found.matches, found.best) == ([], None)
    assert "not on the screen" in found.failure(0.9).message


def test_other_sizes_are_found_only_within_the_tolerance():
    image = Image.fromarray(np.kron(stamp()[:8, :12], np.ones((4, 4, 1), np.uint8)))
    larger = image.resize((round(image.width * 1.2), round(image.height * 1.2)), Image.Resampling.BICUBIC)
    pixels = np.full((200, 300, 4), 200, np.uint8)
    pixels[50 : 50 + larger.height, 60 : 60 + larger.width, :3] = np.asarray(larger)[:, :, ::-1]
    picture = Picture(Region(0, 0, 300, 200), pixels.tobytes())
    wanted = template(np.asarray(image))
    assert wanted.find(picture, 0.9, 0.1).matches == []
    [match] = wanted.find(picture, 0.9, 0.25).matches
    assert match.scale == pytest.approx(1.2, abs=0.051)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no picture", "IMAGE_UNREADABLE"),
        (b"", "IMAGE_UNREADABLE"),
        (png(stamp())[:60], "IMAGE_UNREADABLE"),
        (png(np.full((20, 20, 3), 9, np.uint8)), "IMAGE_UNUSABLE"),
        (png(stamp()[:2, :2]), "IMAGE_UNUSABLE"),
    ],
)
def test_pictures_that_would_be_found_everywhere_or_nowhere_are_refused(data, code):
    with pytest.raises(DesktopError) as raised:
        Template.read(data, "stamp.png")
    assert raised.value.code == code
    assert "stamp.png" in raised.value.message
