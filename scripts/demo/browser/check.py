"""Holds the exercises' results to what their site has seen, and the receipts to the list of orders."""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from pypdf import PdfReader

from scripts.demo.browser.challenge import Challenge
from scripts.demo.browser.shop import COUNT, Shop, orders
from scripts.demo.check import ResultWrongError

SMALLEST_PICTURE: Final = 50
"""Pixels; what is smaller is the browser's sign for a missing picture."""
LEAST_COLOURS: Final = 3
"""Of a robot: one of its parts, its eyes and bolts, the background."""


def check_challenge(output: Mapping[str, Any], challenge: Challenge) -> None:
    """Raise ResultWrongError unless all fields were right, and the page told so with its time."""
    right, fields = challenge.judge()
    if right != fields:
        raise ResultWrongError(f"{right} of {fields} fields are right")
    told = {"right": right, "fields": fields, "milliseconds": challenge.milliseconds, "rounds": len(challenge.entered)}
    if output != told:
        raise ResultWrongError(f"the output is {output}, the site saw {told}")


def check_shop(output: Mapping[str, Any], shop: Shop, archive: bytes) -> None:
    """Raise ResultWrongError unless each order was taken once and has its receipt with a picture."""
    taken = Counter(_robot(order) for order in shop.taken)
    wanted = Counter(_robot(order) for order in orders())
    if taken != wanted:
        raise ResultWrongError(f"ordered but not wanted: {taken - wanted}; wanted but not ordered: {wanted - taken}")
    told = (output["orders"], output["jams"])
    if told != (COUNT, shop.refused):
        raise ResultWrongError(f"the output tells {told}, the shop took {len(shop.taken)} and refused {shop.refused}")
    receipts = {order["Address"]: order["Receipt"] for order in shop.taken}
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        names = {f"order-{order['Order number']}.pdf": order for order in orders()}
        if sorted(packed.namelist()) != sorted(names):
            raise ResultWrongError(f"the archive holds {packed.namelist()}")
        for name, order in names.items():
            _check_receipt(name, packed.read(name), order["Address"], receipts[order["Address"]])


def _robot(order: Any) -> tuple[Any, ...]:
    return (order["Head"], order["Body"], order["Legs"], order["Address"])


def _check_receipt(name: str, pdf: bytes, address: str, number: str) -> None:
    pages = PdfReader(io.BytesIO(pdf)).pages
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))
    for expected in (number, address):
        if expected not in text:
            raise ResultWrongError(f"{name} does not say {expected!r}; it says {text!r}")
    pictures = [each.image for page in pages for each in page.images if each.image is not None]
    if not any(min(each.size) >= SMALLEST_PICTURE and _colours(each) >= LEAST_COLOURS for each in pictures):
        raise ResultWrongError(f"{name} shows no robot")


def _colours(picture: Any) -> int:
    return len(picture.convert("RGB").getcolors(picture.width * picture.height))
