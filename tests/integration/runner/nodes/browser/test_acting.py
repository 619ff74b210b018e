"""Clicking, filling in, choosing and ticking on real pages."""

import pytest

from tests.integration.runner.nodes.browser.desk import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM = """
<form onsubmit="event.preventDefault(); window.sent = new FormData(this).get('name')">
<label>Name <input name="name" onkeydown="window.keys = (window.keys || '') + event.key"></label>
<label for="country">Country</label>
<select id="country"><option value="ch">Switzerland</option><option value="de">Germany</option></select>
<label>Many <select id="many" multiple><option>a</option><option>b</option><option>c</option></select></label>
<label><input type="checkbox" id="agree"> I agree</label>
<label><input type="radio" name="size" value="s"> Small</label>
<label><input type="radio" name="size" value="l"> Large</label>
</form>"""


async def test_a_click_waits_until_the_element_is_there_and_enabled(desk: Desk):
    await desk.show("""<div id="place"></div><script>
        setTimeout(() => { place.innerHTML = "<button disabled onclick='window.hit = true'>Go</button>" }, 60);
        setTimeout(() => { place.firstChild.disabled = false }, 150);</script>""")
    output = await desk.run("click", selector="text=Go")
    assert await desk.script("return window.hit")
    assert output["element"] == {"strategy": "text", "value": "Go", "place": 1}
    assert output["url"] == desk.server.url + "/"
    assert output["tabs"] == 1


async def test_buttons_counts_and_keys_of_a_click_reach_the_page(desk: Desk):
    await desk.show("""<p id=p>Here</p><script>
        window.seen = [];
        p.ondblclick = () => seen.push("double");
        p.oncontextmenu = (e) => { e.preventDefault(); seen.push("right") };
        p.onclick = (e) => e.shiftKey && seen.push("shift");</script>""")
    await desk.run("click", selector="id=p", count=2)
    await desk.run("click", selector="id=p", button="right")
    await desk.run("click", selector="id=p", modifiers=["Shift"])
    assert await desk.script("return seen") == ["double", "right", "shift"]


async def test_what_covers_an_element_is_named(desk: Desk):
    await desk.show("<button>Go</button><div id=veil style='position:fixed;inset:0;background:#0008'></div>")
    failure = await desk.fail("click", selector="text=Go", waitSeconds=0.4)
    assert failure.code == "ELEMENT_NOT_READY"
    assert "veil" in failure.message
    assert "intercepts pointer events" in failure.message


async def test_a_field_is_filled_appended_to_cleared_and_typed_into(desk: Desk):
    await desk.show(FORM)
    await desk.run("fill", selector="label=Name", value="Anna")
    await desk.run("fill", selector="label=Name", value=" Muster", append=True)
    assert (await desk.run("extractText", selector="name=name"))["text"] == "Anna Muster"
    await desk.run("fill", selector="name=name", value="x" * 3, keyByKey=True)
    assert (await desk.run("extractText", selector="name=name"))["text"] == "xxx"
    assert (await desk.script("return window.keys")).endswith("xxx")
    await desk.run("fill", selector="name=name", value=17, thenPress="Enter")
    assert await desk.script("return window.sent") == "17"
    await desk.run("fill", selector="name=name", value="")
    assert (await desk.run("extractText", selector="name=name"))["text"] == ""


async def test_what_is_no_field_cannot_be_filled(desk: Desk):
    await desk.show("<p id=p>words</p>")
    failure = await desk.fail("fill", selector="id=p", value="x", waitSeconds=0.3)
    assert failure.code == "BROWSER_ACTION_FAILED"
    assert failure.message.startswith("Could not fill in the field: Element is not an <input>")


async def test_options_are_chosen_by_label_value_and_place(desk: Desk):
    await desk.show(FORM)
    assert (await desk.run("select", selector="id=country", options="Germany"))["selected"] == ["de"]
    assert (await desk.run("select", selector="id=country", options="ch", by="value"))["selected"] == ["ch"]
    assert (await desk.run("select", selector="id=country", options="1", by="index"))["selected"] == ["de"]
    assert (await desk.run("select", selector="id=many", options=["a", "c"]))["selected"] == ["a", "c"]
    assert (await desk.run("extractText", selector="id=country"))["text"] == "Germany"


async def test_an_option_that_is_not_there_is_answered_with_those_that_are(desk: Desk):
    await desk.show(FORM)
    failure = await desk.fail("select", selector="id=country", options="France", waitSeconds=0.3)
    assert failure.code == "OPTION_NOT_FOUND"
    assert failure.details["options"] == ["Switzerland", "Germany"]
    failure = await desk.fail("select", selector="id=country", options="last", by="index")
    assert failure.code == "OPTION_NOT_FOUND"


async def test_boxes_are_ticked_and_radio_buttons_chosen(desk: Desk):
    await desk.show(FORM)
    for checked in (True, True, False):
        await desk.run("check", selector="id=agree", checked=checked)
        assert await desk.script("return document.getElementById('agree').checked") is checked
    await desk.run("check", selector="label=Large")
    assert await desk.script("return new FormData(document.forms[0]).get('size')") == "l"


async def test_a_dialog_is_dismissed_and_told(desk: Desk):
    await desk.show("<button onclick=\"window.sure = confirm('Really?')\">Delete</button>")
    await desk.run("click", selector="text=Delete")
    assert await desk.script("return window.sure") is False
    assert ("info", "The page asked or said, and it was dismissed: Really?") in desk.place.lines
