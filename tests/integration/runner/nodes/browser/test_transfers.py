"""Files that go to pages and come from them, and pictures of pages."""

import pytest

from tests.integration.runner.nodes.browser.desk import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

PNG = b"\x89PNG"


async def test_files_are_handed_to_a_field_its_label_and_a_button(desk: Desk):
    await desk.show("""<label>Invoice <input type="file" id="field" multiple></label>
        <button onclick="document.getElementById('field').click()">Choose</button>""")
    paths = [str(desk.place.write(name, "x" * size)) for name, size in (("a.txt", 3), ("b.txt", 5))]
    names = "return [...document.getElementById('field').files].map((each) => each.name + each.size)"
    output = await desk.run("upload", selector="label=Invoice", paths=["a.txt", "b.txt"])
    assert output["files"] == paths
    assert await desk.script(names) == ["a.txt3", "b.txt5"]
    await desk.run("upload", selector="text=Choose", paths="b.txt")
    assert await desk.script(names) == ["b.txt5"]


async def test_a_file_that_is_not_there_is_not_handed_over(desk: Desk):
    await desk.show("<input type=file>")
    assert (await desk.fail("upload", selector="css=input", paths="none.txt")).code == "FILE_NOT_FOUND"


async def test_a_download_is_kept_under_its_own_name_or_the_given_one(desk: Desk):
    await desk.show('<a href="/report.csv">Export</a>', **{"report.csv": b"a;b\n1;2\n"})
    output = await desk.run("download", selector="text=Export")
    assert (output["name"], output["size"], output["url"]) == ("report.csv", 8, desk.server.url + "/report.csv")
    assert (desk.place.workdir / "report.csv").read_bytes() == b"a;b\n1;2\n"
    await desk.run("download", selector="text=Export", path="in/may.csv")
    assert (desk.place.workdir / "in/may.csv").read_bytes() == b"a;b\n1;2\n"
    failure = await desk.fail("download", selector="text=Export", path="in/may.csv", ifExists="fail")
    assert failure.code == "FILE_EXISTS"


async def test_a_download_may_begin_in_a_new_tab(desk: Desk):
    await desk.show('<a target="_blank" href="/report.csv">Export</a>', **{"report.csv": b"data"})
    assert (await desk.run("download", selector="text=Export", path="new.csv"))["size"] == 4


async def test_an_address_is_fetched_with_the_cookies_of_the_page(desk: Desk):
    await desk.show("<script>document.cookie = 'who=anna'</script>", **{"report.csv": b"data"})
    output = await desk.run("download", url=desk.server.url + "/report.csv", path="direct.csv")
    assert output["size"] == 4
    assert desk.server.asked[-1].headers["cookie"] == "who=anna"
    failure = await desk.fail("download", url=desk.server.url + "/nowhere", path="no.csv")
    assert failure.code == "DOWNLOAD_FAILED"
    assert not (desk.place.workdir / "no.csv").exists()


async def test_a_click_that_downloads_nothing_says_so(desk: Desk):
    await desk.show("<button>Export</button>")
    failure = await desk.fail("download", selector="text=Export", waitSeconds=0.3)
    assert (failure.code, failure.retryable) == ("DOWNLOAD_TIMEOUT", True)


async def test_pictures_are_of_the_window_the_whole_page_or_an_element(desk: Desk):
    await desk.show("<div id=box style='width:80px;height:40px;background:red'></div><div style='height:3000px'>")
    window = await desk.run("screenshot")
    assert window["path"] is None
    assert window["artifact"]["name"] == "n1.png"
    assert desk.place.attached["n1.png"].startswith(PNG)
    box = await desk.run("screenshot", selector="id=box", path="box.png", keep=False)
    assert box["artifact"] is None
    assert size_of((desk.place.workdir / "box.png").read_bytes()) == (80, 40)
    await desk.run("screenshot", fullPage=True, path="page.png")
    assert size_of((desk.place.workdir / "page.png").read_bytes())[1] > 3000
    assert desk.place.names().count("box.png") == 1
    assert not [name for name in desk.place.names() if name.endswith(".part.png")]


def size_of(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
