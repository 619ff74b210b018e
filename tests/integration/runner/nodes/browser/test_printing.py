"""PDF by the browser's printing, read back by another program."""

import io
import os

import pytest
from PIL import Image
from pypdf import PdfReader

from runner.nodes.browser import program

pytestmark = pytest.mark.skipif(bool(program.missing()) and not os.environ.get("CI"), reason=str(program.missing()))

PAGE = """<!doctype html><title>Shop</title><body><nav>Menu</nav>
<div id="outer"><p>Beside</p><div id="receipt"><h1>Receipt 17</h1><p>Thank you</p></div></div></body>"""


@pytest.fixture
async def open_place(place, server):
    server.answers(text=PAGE, content_type="text/html")
    await place.run("browser.open", url=server.url)
    yield place
    await place.resources.close()


@pytest.fixture
async def printing_place(place):
    yield place
    await place.resources.close()


def text_of(path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return file.getvalue()


async def test_a_page_or_one_element_of_it_is_printed_and_the_page_stays_as_it_was(open_place):
    whole = await open_place.run("browser.printPdf", path="out/whole.pdf", landscape=True)
    alone = await open_place.run("browser.printPdf", path="out/alone.pdf", selector="id=receipt")
    assert text_of(whole["path"]) == "Menu Beside Receipt 17 Thank you"
    assert text_of(alone["path"]) == "Receipt 17 Thank you"
    box = PdfReader(whole["path"]).pages[0].mediabox
    assert box.width > box.height
    assert alone["element"]["value"] == "receipt"
    again = await open_place.run("browser.printPdf", path="out/again.pdf")
    assert text_of(again["path"]) == text_of(whole["path"])
    failure = await open_place.fail("browser.printPdf", path="out/again.pdf", ifExists="fail")
    assert failure.code == "FILE_EXISTS"
    failure = await open_place.fail("browser.printPdf", path="out/none.pdf", selector="id=nowhere", waitSeconds=0.1)
    assert failure.code == "ELEMENT_NOT_FOUND"
    assert "out/none.pdf" not in open_place.names()


async def test_html_is_printed_with_pictures_of_the_folder_and_nothing_else(printing_place, server):
    printing_place.write("pictures/robot.png", png("red"))
    (printing_place.workdir.parent / "secret.png").write_bytes(png("blue"))
    html = f"""<h1>Größe</h1><img src="pictures/robot.png"><img src="../secret.png"><img src="%2e%2e/secret.png">
    <img src="{server.url}/track.png"><img src="file:///etc/passwd"><script>document.body.append("ran")</script>"""
    output = await printing_place.run("pdf.fromHtml", html=html, path="out/letter.pdf", paper="A5")
    assert text_of(output["path"]) == "Größe"
    # What is missing shows as the browser's own small sign.
    [picture] = [each for each in PdfReader(output["path"]).pages[0].images if each.image.size == (40, 30)]
    assert picture.image.convert("RGB").getpixel((5, 5)) == (255, 0, 0)
    assert server.asked == []
    assert f"{server.url}/track.png" in output["missing"]
    assert "pictures/robot.png" not in output["missing"]
    assert any("not in the PDF" in text for _, text in printing_place.lines)
    second = await printing_place.run("pdf.fromHtml", html="<p>Second</p>", path="second.pdf")
    assert (text_of(second["path"]), second["missing"]) == ("Second", [])


async def test_without_an_open_browser_a_page_cannot_be_printed(place):
    assert (await place.fail("browser.printPdf", path="page.pdf")).code == "BROWSER_NOT_OPEN"
