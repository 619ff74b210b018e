"""Pictures that tests look for on the screen."""

import base64
from io import BytesIO

from PIL import Image

from tests.integration.runner.desktop.order_form import SIDE, pixels


def tick(side: int = SIDE) -> bytes:
    """The picture on the form's button as a PNG file, in this size."""
    image = Image.new("RGB", (SIDE, SIDE))
    image.putdata([pixel for row in pixels() for pixel in row])
    file = BytesIO()
    image.resize((side, side), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def as_address(png: bytes) -> str:
    """The file as it may stand in a workflow."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
