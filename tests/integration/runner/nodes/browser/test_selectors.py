"""Candidates, fallbacks and anchors on real pages; what an element is described by leads back to it."""

import re

import pytest

from runner.selectors import finding
from runner.selectors.describing import describe
from runner.selectors.ranking import candidates_for
from tests.integration.runner.nodes.browser.desk import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALL_KINDS = """
<label>First name <input id="a" name="first" type="text" placeholder="Anna"></label>
<button data-testid="save" class="btn md:wide" id="x3fz9k2p">Save <b>now</b></button>
<button aria-label="Close dialog"><svg width="9" height="9"></svg></button>
<x-card></x-card>
<script>
  document.querySelector("x-card").attachShadow({mode: "open"}).innerHTML =
    "<p>in</p><x-deep></x-deep><input placeholder='Deep \\"quoted\\"'>";
  const deep = document.querySelector("x-card").shadowRoot.querySelector("x-deep");
  deep.attachShadow({mode: "open"}).innerHTML = "<ul><li>one</li><li><a href='#'>two</a></li></ul>";
</script>"""


@pytest.mark.parametrize(
    ("selector", "tag"),
    [
        ("id=a", "input"),
        ("data=data-testid=save", "button"),
        ("data=data-testid", "button"),
        ("name=first", "input"),
        ("placeholder=text|Anna", "input"),
        ("placeholder=Anna", "input"),
        ("text=Save now", "button"),
        ("label=First name", "input"),
        ("label=Close dialog", "button"),
        ("role=textbox: First name", "input"),
        ("role=button: Close dialog", "button"),
        ("class=button.btn.md\\:wide", "button"),
        ("path=html > body > x-card > x-deep > ul > li:nth-of-type(2) > a", "a"),
        ("css=x-card a", "a"),
        ("css=#a", "input"),
        ("//button[@class]", "button"),
        ('placeholder=Deep "quoted"', "input"),
        ("text=two", "a"),
    ],
)
async def test_every_kind_finds_its_element_also_in_open_shadow_roots(desk: Desk, selector: str, tag: str):
    await desk.show(ALL_KINDS)
    found = await desk.session.find(selector, 1)
    assert await found.locator.evaluate("(element) => element.localName") == tag


async def test_every_candidate_an_element_is_described_by_leads_back_to_it(desk: Desk):
    await desk.show(ALL_KINDS)
    seen = set()
    for selector in ("id=a", "data=data-testid=save", "label=Close dialog", "text=two", "css=li >> nth=0"):
        element = (await desk.session.find(selector, 1)).locator
        candidates = candidates_for(await describe(element))
        counted = await finding.check(desk.session.frame, candidates)
        assert counted[0].matches == 1, f"the best of {selector}: {counted[0]}"
        assert counted[-1].matches == 1, f"the path of {selector}: {counted[-1]}"
        handle = await element.element_handle()
        for candidate, count in zip(candidates, counted, strict=True):
            assert count.matches >= 1, f"{selector} by {candidate}"
            if count.matches == 1:
                same = (await desk.session.find(f"{candidate}", 1)).locator
                assert await same.evaluate("(element, other) => element === other", handle)
            seen.add(candidate.strategy)
    assert seen == {"id", "data", "name", "placeholder", "text", "label", "role", "class", "path"}


async def test_a_description_says_what_the_page_says(desk: Desk):
    await desk.show(ALL_KINDS + "<input type=password id=secret>")
    save = await describe((await desk.session.find("text=Save now", 1)).locator)
    assert (save.tag, save.text, save.role, save.role_name) == ("button", "Save now", "button", "Save now")
    assert (save.data, save.classes) == ({"data-testid": "save"}, ("btn", "md:wide"))
    assert (await describe((await desk.session.find("id=a", 1)).locator)).label == "First name"
    assert (await describe((await desk.session.find("id=secret", 1)).locator)).secret


ROWS = """<table><tr><td>Keller</td><td><button>Pay</button></td></tr>
<tr><td>Müller</td><td><button>Pay</button></td></tr></table>
<div id=form><label>Street</label><span>*</span><input><label>Town</label><span>*</span><input></div>"""


@pytest.mark.parametrize(
    ("relation", "anchor", "candidates", "expected"),
    [
        ("nextSibling", "text=Street", "css=input", "#form > input:nth-of-type(1)"),
        ("nextSibling", "text=Town", "css=input", "#form > input:nth-of-type(2)"),
        ("previousSibling", "css=#form > input >> nth=1", "css=label", "#form > label:nth-of-type(2)"),
        ("previousSibling", "css=#form > input >> nth=1", None, "#form > span:nth-of-type(2)"),
        ("firstChild", "id=form", None, "#form > label:nth-of-type(1)"),
        ("lastChild", "id=form", "css=span", "#form > span:nth-of-type(2)"),
        ("descendant", "css=tr:has-text('Müller')", "text=Pay", "tr:nth-of-type(2) button"),
    ],
)
async def test_an_anchor_tells_equal_elements_apart(desk: Desk, relation, anchor, candidates, expected):
    await desk.show(ROWS)
    strategy, _, value = anchor.partition("=")
    selector = {"anchor": {"relation": relation, "candidates": [{"strategy": strategy, "value": value}]}}
    if candidates:
        strategy, _, value = candidates.partition("=")
        selector["candidates"] = [{"strategy": strategy, "value": value}]
    await desk.script("document.querySelector(args.of).setAttribute('title', 'here')", of=expected)
    assert (await desk.run("extractAttribute", selector=selector, attribute="title"))["value"] == "here"


def candidates(*texts: str) -> dict:
    parts = [text.partition("=") for text in texts]
    return {"candidates": [{"strategy": strategy, "value": value} for strategy, _, value in parts]}


async def test_the_next_candidate_is_used_when_the_first_fits_no_more_and_the_log_says_so(desk: Desk):
    await desk.show("<button class=go>Send</button><button>Other</button>")
    output = await desk.run("click", selector=candidates("id=gone", "css=button", "text=Send"))
    assert output["element"] == {"strategy": "text", "value": "Send", "place": 3}
    [(level, line)] = desk.place.lines
    assert level == "warning"
    assert "id=gone: none; css=button: 2 (2 visible)" in line


async def test_the_first_candidate_is_given_time_before_a_fleeting_one_counts(desk: Desk):
    await desk.show("""<button class=b onclick="window.hit = 'old'">Old</button><script>setTimeout(() => {
        document.body.innerHTML = "<button class=b id=new onclick='window.hit = \\"new\\"'>New</button>" }, 150)
        </script>""")
    await desk.run("click", selector=candidates("id=new", "class=button.b"))
    assert await desk.script("return window.hit") == "new"


async def test_the_visible_one_of_many_is_meant(desk: Desk):
    await desk.show("<button hidden>Save</button><button onclick='window.hit = 1'>Save</button>")
    await desk.run("click", selector="text=Save")
    assert await desk.script("return window.hit") == 1


async def test_a_selector_that_fits_nothing_says_what_each_candidate_matched(desk: Desk):
    await desk.show(ROWS)
    failure = await desk.fail("click", selector=candidates("id=none", "text=Pay"), waitSeconds=0.2)
    assert (failure.code, failure.retryable) == ("ELEMENT_AMBIGUOUS", True)
    assert "id=none: none; text=Pay: 2 (2 visible)" in failure.message
    assert failure.details["tried"] == [
        {"strategy": "id", "value": "none", "matches": 0},
        {"strategy": "text", "value": "Pay", "matches": 2, "visible": 2},
    ]
    failure = await desk.fail("click", selector="id=none", waitSeconds=0.2)
    assert failure.code == "ELEMENT_NOT_FOUND"
    said = r"Waited \d+\.\d s for the element on http.*, but no candidate fits: id=none: none\."
    assert re.fullmatch(said, failure.message)


async def test_an_anchor_that_is_missing_is_told(desk: Desk):
    await desk.show(ROWS)
    anchor = {"relation": "nextSibling", **candidates("text=Country")}
    failure = await desk.fail("fill", selector={"anchor": anchor}, value="x", waitSeconds=0.1)
    assert failure.details["tried"] == [{"strategy": "text", "value": "Country", "matches": 0, "anchor": True}]


async def test_no_longer_is_waited_than_helps(desk: Desk):
    await desk.show(ROWS)
    failure = await desk.fail("click", selector="text=Pay", waitSeconds=300)
    assert failure.code == "ELEMENT_AMBIGUOUS"


@pytest.mark.parametrize("selector", ["css=h1[", "//h1[", "css=a:nope(", "role=nothing-like-it[x"])
async def test_a_selector_that_cannot_be_read_fails_at_once(desk: Desk, selector: str):
    await desk.show()
    failure = await desk.fail("click", selector=selector, waitSeconds=300)
    assert failure.code == "SELECTOR_INVALID"
    assert "cannot be read" in failure.message
