import pytest


async def fill(place, template, values, **more):
    return (await place.run("text.template", template=template, values=values, **more))["text"]


async def test_names_paths_and_numbers_are_filled_in(place):
    values = {"name": "Ü", "order": {"total": 2.5, "paid": True}, "none": None}
    assert await fill(place, "${name}|${ order.total }|${order.paid}|${none}|", values) == "Ü|2.5|true||"


async def test_sections_repeat_and_tags_alone_take_their_line(place):
    template = "Dear ${name}\n${#rows}\n- ${article} for ${name}\n${/rows}\n${^rows}\nnothing\n${/rows}\nend"
    values = {"name": "A", "rows": [{"article": "x"}, {"article": "y", "name": "B"}]}
    assert await fill(place, template, values) == "Dear A\n- x for A\n- y for B\nend"
    assert await fill(place, template, {"name": "A", "rows": []}) == "Dear A\nnothing\nend"
    assert await fill(place, "${#list}${.},${/list}", {"list": [1, "b"]}) == "1,b,"
    assert await fill(place, "${#on}yes${/on}${! a remark }${^on}no${/on}", {"on": 0}) == "yes"


async def test_values_are_escaped_where_that_is_wanted_and_never_read_as_templates(place):
    values = {"a": '<b>&"${a}'}
    assert await fill(place, "${a}", values, escape="html") == "&lt;b&gt;&amp;&quot;${a}"
    assert await fill(place, "${&a}", values, escape="html") == values["a"]


async def test_a_missing_value_fails_with_those_there_are_or_is_left_empty(place):
    failure = await place.fail("text.template", template="${a.b}", values={"a": {"c": 1}, "d": 2})
    assert (failure.code, failure.details) == ("TEMPLATE_VALUE_MISSING", {"name": "a.b"})
    assert "a, d" in failure.message
    assert await fill(place, "[${x}${#y}z${/y}]", {}, missing="empty") == "[]"


@pytest.mark.parametrize("template", ["${#a}", "${/a}", "${#a}${/b}", "${}", "${#a}" * 30 + "${/a}" * 30])
async def test_a_template_that_does_not_fit_together_says_where(place, template):
    assert (await place.fail("text.template", template=template, values={"a": 1})).code == "TEMPLATE_INVALID"


async def test_a_template_may_stand_in_a_file(place):
    place.write("t.txt", "Hello ${name}")
    assert await place.run("text.template", path="t.txt", values={"name": "X"}) == {"text": "Hello X"}
    with pytest.raises(ValueError, match="either"):
        await place.run("text.template", values={})


async def test_a_text_that_multiplies_is_stopped(place):
    values = {"rows": [{"x": "y" * 100_000}] * 1000}
    assert (await place.fail("text.template", template="${#rows}${x}${/rows}", values=values)).code == "TEXT_TOO_LARGE"
