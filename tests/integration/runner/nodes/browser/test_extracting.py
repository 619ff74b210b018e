"""Texts, attributes and tables of real pages."""

import pytest

from tests.integration.runner.nodes.browser.desk import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_texts_are_what_a_person_sees(desk: Desk):
    await desk.show("<h1> Orders <span hidden>secret</span></h1><ul><li>one</li><li>two</li></ul>")
    assert (await desk.run("extractText", selector="css=h1"))["text"] == "Orders"
    many = await desk.run("extractText", selector="css=li", all=True)
    assert (many["texts"], many["count"]) == (["one", "two"], 2)


async def test_attributes_are_read_and_addresses_completed(desk: Desk):
    await desk.show('<a href="/report" title="May">Report</a><a href="b">B</a>')
    assert (await desk.run("extractAttribute", selector="text=Report", attribute="title"))["value"] == "May"
    assert (await desk.run("extractAttribute", selector="text=Report", attribute="id"))["value"] is None
    links = await desk.run("extractAttribute", selector="css=a", attribute="href", all=True)
    assert links["values"] == [f"{desk.server.url}/report", f"{desk.server.url}/b"]


async def test_a_table_becomes_rows_and_cells_over_several_stand_in_each(desk: Desk):
    await desk.show("""<table><thead><tr><th>Name</th><th colspan="2">Amount</th></tr></thead>
        <tbody><tr><td rowspan="2">Keller</td><td>1</td><td>CHF</td></tr><tr><td>2</td><td>EUR</td></tr>
        <tr><td></td><td></td><td></td></tr>
        <tr><td>Müller</td><td><table><tr><td>3</td></tr></table></td></tr></tbody></table>""")
    output = await desk.run("extractTable", selector="css=body > table")
    assert output["columns"] == ["Name", "Amount", "Amount_2"]
    assert [list(row.values()) for row in output["rows"]] == [
        ["Keller", "1", "CHF"],
        ["Keller", "2", "EUR"],
        ["Müller", "3", ""],
    ]
    assert output["count"] == 3


async def test_a_table_without_header_and_a_grid_of_roles(desk: Desk):
    await desk.show("""<div role="table"><div role="row"><span role="cell">a</span><span role="cell">b</span></div>
        <div role="row"><span role="cell">c</span><span role="cell">d</span></div></div>""")
    output = await desk.run("extractTable", selector="role=table", header=False)
    assert output["rows"] == [{"column1": "a", "column2": "b"}, {"column1": "c", "column2": "d"}]


async def test_a_table_that_is_too_large_or_none_is_refused(desk: Desk):
    await desk.show("<table><tr><th>n</th></tr><tr><td>1</td></tr><tr><td>2</td></tr></table><p id=p>no</p>")
    assert (await desk.run("extractTable", selector="css=table", maxRows=2))["count"] == 2
    assert (await desk.fail("extractTable", selector="css=table", maxRows=1)).code == "TABLE_TOO_LARGE"
    assert (await desk.fail("extractTable", selector="id=p")).code == "NO_TABLE"


async def test_a_script_gets_values_and_hands_on_what_it_returns(desk: Desk):
    await desk.show("<p>1</p><p>2</p>")
    assert await desk.script("return document.querySelectorAll(args.of).length + args.more", of="p", more=3) == 5
    assert await desk.script("await new Promise((r) => setTimeout(r, 5)); return {when: new Date(0), no: NaN}") == {
        "when": "1970-01-01T00:00:00.000Z",
        "no": None,
    }
    assert await desk.script("1 + 1") is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("throw new Error('no such order')", "no such order"),
        ("return }", "SyntaxError"),
        ("const a = {}; a.a = a; return a", "circular"),
    ],
)
async def test_a_script_that_fails_says_why(desk: Desk, code: str, said: str):
    await desk.show()
    failure = await desk.fail("script", code=code)
    assert failure.code == "SCRIPT_FAILED"
    assert said in failure.message


async def test_a_script_that_does_not_end_is_left(desk: Desk):
    await desk.show()
    assert (await desk.fail("script", code="await new Promise(() => {})", waitSeconds=0.1)).code == "SCRIPT_TIMEOUT"
