"""Pages, tabs and frames, and waiting for them."""

import pytest

from tests.integration.runner.nodes.browser.desk import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_page_is_opened_and_its_status_told(desk: Desk):
    await desk.show("<p>Hello</p>")
    assert await desk.run("goto", url=desk.server.url + "/") == {
        "url": desk.server.url + "/",
        "title": "Test",
        "status": 200,
    }
    failure = await desk.fail("goto", url=desk.server.url + "/nowhere")
    assert (failure.code, failure.details["status"], failure.retryable) == ("PAGE_STATUS", 404, False)
    assert (await desk.run("goto", url=desk.server.url + "/nowhere", failOnError=False))["status"] == 404


async def test_a_server_that_is_not_there_is_named(desk: Desk):
    failure = await desk.fail("goto", url="http://127.0.0.1:9/")
    assert (failure.code, failure.retryable) == ("PAGE_UNREACHABLE", True)
    assert "http://127.0.0.1:9/" in failure.message


async def test_a_tab_that_a_click_opens_is_switched_to_and_closed(desk: Desk):
    await desk.show('<a target="_blank" href="/bill">Bill</a>', bill="<title>Invoice 7</title><p>Sum 12</p>")
    await desk.run("click", selector="text=Bill")
    output = await desk.run("tab", tab="Invoice")
    assert (output["tab"], len(output["tabs"])) == (2, 2)
    assert (await desk.run("extractText", selector="css=p"))["text"] == "Sum 12"
    output = await desk.run("tab", action="close")
    assert (output["tab"], output["url"]) == (1, desk.server.url + "/")
    assert (await desk.run("extractText", selector="css=a"))["text"] == "Bill"


async def test_tabs_are_opened_and_found_by_number(desk: Desk):
    await desk.show("<p>first</p>", second="<p>second</p>")
    await desk.run("tab", action="new", url=desk.server.url + "/second")
    assert (await desk.run("extractText", selector="css=p"))["text"] == "second"
    assert (await desk.run("tab", tab=1))["tab"] == 1
    assert (await desk.run("tab", tab=-1))["tab"] == 2
    failure = await desk.fail("tab", tab=3, waitSeconds=0.1)
    assert failure.code == "TAB_NOT_FOUND"
    assert "2: " in failure.message


async def test_the_last_tab_leaves_an_empty_one(desk: Desk):
    await desk.show()
    assert (await desk.run("tab", action="close"))["url"] == "about:blank"


async def test_a_tab_that_closes_itself_leads_back(desk: Desk):
    await desk.show('<a target="_blank" href="/once">Once</a>', once="<button onclick='window.close()'>Done</button>")
    await desk.run("click", selector="text=Once")
    await desk.run("tab")
    await desk.run("click", selector="text=Done")
    assert (await desk.run("wait", selector="text=Once"))["url"] == desk.server.url + "/"


async def test_frames_are_entered_one_in_another_and_left(desk: Desk):
    await desk.show(
        '<p id=p>outside</p><iframe id="outer" src="/outer"></iframe>',
        outer='<p id=p>outer</p><iframe name="inner" src="/inner"></iframe>',
        inner="<p id=p>inner</p>",
    )
    for selector, text in (("id=outer", "outer"), ("name=inner", "inner"), (None, "outside")):
        await desk.run("frame", selector=selector)
        assert (await desk.run("extractText", selector="id=p"))["text"] == text
    assert (await desk.fail("frame", selector="id=p")).code == "NO_FRAME"


async def test_a_frame_that_is_gone_is_said_to_be(desk: Desk):
    await desk.show('<iframe id="outer" src="/outer"></iframe>', outer="<p>outer</p>")
    await desk.run("frame", selector="id=outer")
    await desk.session.page.evaluate("document.querySelector('iframe').remove()")
    assert (await desk.fail("click", selector="css=p", waitSeconds=0.3)).code == "FRAME_GONE"


LATER = """<p id=p class=spinner>Loading</p><button id=b disabled>Go</button><script>setTimeout(() => {
    p.hidden = true; b.disabled = false; document.body.append("All  done"); history.pushState(0, "", "/done?x=1");
}, 120)</script>"""


@pytest.mark.parametrize(
    "wanted",
    [
        {"selector": "id=p", "state": "hidden"},
        {"selector": "text=never there", "state": "hidden"},
        {"selector": "id=b", "state": "enabled"},
        {"text": "All done"},
        {"selector": "css=body", "text": "All done"},
        {"url": "*/done?x=*"},
    ],
)
async def test_a_wait_ends_when_it_has_become_so(desk: Desk, wanted: dict):
    await desk.show(LATER)
    assert (await desk.run("wait", **wanted))["seconds"] < 20


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"selector": "id=p", "state": "hidden"}, "id=p is visible"),
        ({"selector": "id=h"}, "id=h is hidden"),
        ({"selector": "id=none"}, "no single element fits: id=none: none"),
        ({"selector": "id=b", "state": "enabled"}, "id=b is disabled"),
        ({"selector": "id=p", "text": "Gone"}, "id=p does not show 'Gone'"),
        ({"text": "Gone"}, "the page does not show 'Gone'"),
        ({"url": "*/done"}, "the tab is not at */done"),
    ],
)
async def test_a_wait_in_vain_says_what_was_waited_for(desk: Desk, wanted: dict, said: str):
    await desk.show("<p id=p>Loading</p><p id=h hidden>x</p><button id=b disabled>Go</button>")
    failure = await desk.fail("wait", **wanted, waitSeconds=0.15)
    assert (failure.code, failure.retryable) == ("PAGE_WAIT_TIMEOUT", True)
    assert said in failure.message


async def test_a_page_that_asks_to_be_stayed_on_is_left(desk: Desk):
    await desk.show("<input id=i><script>onbeforeunload = (event) => event.preventDefault()</script>")
    await desk.run("fill", selector="id=i", value="unsaved")
    assert (await desk.run("goto", url="about:blank"))["url"] == "about:blank"


async def test_a_page_that_is_replaced_again_and_again_is_waited_through(desk: Desk):
    await desk.show(
        "<script>location.replace('/second')</script>",
        second="<script>setTimeout(() => location.replace('/third'), 30)</script>",
        third="<p>Arrived</p>",
    )
    await desk.run("wait", text="Arrived")
    assert (await desk.run("wait", url="*/third", selector="css=p"))["url"].endswith("/third")
