"""The judges of the browser demo see what is wrong."""

import io
import zipfile

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from scripts.demo.browser.challenge import Challenge
from scripts.demo.browser.check import check_challenge, check_shop
from scripts.demo.browser.people import people
from scripts.demo.browser.shop import Shop, orders
from scripts.demo.check import ResultWrongError

RIGHT = {"right": 70, "fields": 70, "milliseconds": 900, "rounds": 10}


def challenge(**changed) -> Challenge:
    entered = {
        number: {name: str(value) for name, value in person.items()} for number, person in enumerate(people(), start=1)
    }
    entered[3] |= changed
    return Challenge("game", entered, 900)


def taken() -> Shop:
    shop = Shop()
    for order in orders():
        shop.taken.append({**order, "Receipt": f"RB-{order['Order number']:04}"})
    shop.refused = 2
    return shop


def receipt(*lines: str, colours=("red", "blue", "white")) -> bytes:
    picture = Image.new("RGB", (60, 90))
    for number, colour in enumerate(colours):
        picture.paste(colour, (number * 20, 0, number * 20 + 20, 90))
    file = io.BytesIO()
    canvas = Canvas(file)
    for number, line in enumerate(lines):
        canvas.drawString(50, 700 - number * 20, line)
    canvas.drawImage(ImageReader(picture), 50, 400)
    canvas.save()
    return file.getvalue()


def archive(**changed: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for order in taken().taken:
            name = f"order-{order['Order number']}"
            packed.writestr(f"{name}.pdf", changed.get(name) or receipt(order["Receipt"], order["Address"]))
    return file.getvalue()


def test_a_challenge_without_a_mistake_passes_and_one_wrong_field_does_not():
    check_challenge(RIGHT, challenge())
    with pytest.raises(ResultWrongError, match="69 of 70"):
        check_challenge(RIGHT, challenge(Email="somebody@else.example"))
    with pytest.raises(ResultWrongError, match="the site saw"):
        check_challenge({**RIGHT, "milliseconds": 1}, challenge())


def test_a_round_that_never_came_counts_nothing():
    short = challenge()
    del short.entered[10]
    assert short.judge() == (63, 70)


def test_orders_taken_once_with_receipts_pass():
    check_shop({"orders": 20, "jams": 2}, taken(), archive())


def test_an_order_taken_twice_or_never_is_seen():
    twice = taken()
    twice.taken.append(twice.taken[4])
    with pytest.raises(ResultWrongError, match="ordered but not wanted"):
        check_shop({"orders": 20, "jams": 2}, twice, archive())
    never = taken()
    del never.taken[4]
    with pytest.raises(ResultWrongError, match="wanted but not ordered"):
        check_shop({"orders": 20, "jams": 2}, never, archive())


def test_a_receipt_of_another_order_or_without_its_robot_is_seen():
    first, second = taken().taken[:2]
    wrong = {"order-1": receipt(second["Receipt"], second["Address"])}
    with pytest.raises(ResultWrongError, match=r"order-1\.pdf does not say"):
        check_shop({"orders": 20, "jams": 2}, taken(), archive(**wrong))
    blank = {"order-1": receipt(first["Receipt"], first["Address"], colours=("white",) * 3)}
    with pytest.raises(ResultWrongError, match=r"order-1\.pdf shows no robot"):
        check_shop({"orders": 20, "jams": 2}, taken(), archive(**blank))
