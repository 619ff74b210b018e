import xml.etree.ElementTree as ET

import pytest

INVOICE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<inv:invoice xmlns:inv="urn:x" number="17"><inv:line>a &amp; b</inv:line>
  <inv:line currency="CHF">2.50</inv:line><inv:note/></inv:invoice>"""


async def test_elements_become_objects_lists_and_texts(place):
    assert await place.run("data.xml", text=INVOICE) == {
        "root": "invoice",
        "value": {"@number": "17", "line": ["a & b", {"@currency": "CHF", "#text": "2.50"}], "note": None},
    }


async def test_a_file_is_read_in_the_encoding_it_declares(place):
    place.write("a.xml", '<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>'.encode("latin-1"))
    assert (await place.run("data.xml", path="a.xml"))["value"] == "ü"


async def test_what_may_repeat_can_always_be_a_list_and_namespaces_can_be_kept(place):
    output = await place.run("data.xml", text='<a xmlns="urn:x"><b>1</b></a>', lists=["b"])
    assert output["value"] == {"b": ["1"]}
    output = await place.run("data.xml", text='<a xmlns="urn:x"><b>1</b></a>', namespaces="keep")
    assert output == {"root": "{urn:x}a", "value": {"{urn:x}b": "1"}}


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    ],
)
async def test_document_types_and_entities_are_refused(place, text):
    assert (await place.fail("data.xml", text=text)).code == "XML_REFUSED"


@pytest.mark.parametrize("text", ["", "no", "<a>", "<a></b>", "<a>" * 100_000, "<a>\ud800</a>", "<a>&b;</a>"])
async def test_what_is_no_acceptable_xml_says_why(place, text):
    failure = await place.fail("data.xml", text=text)
    assert failure.code == "XML_INVALID"


async def test_a_value_is_written_and_read_back(place):
    value = {"invoice": {"@number": 17, "line": [{"#text": "a & <b>"}, {"@paid": True, "#text": "2.5"}], "note": None}}
    text = (await place.run("data.xml", operation="write", value=value))["text"]
    assert ET.fromstring(text).get("number") == "17"
    again = await place.run("data.xml", text=text)
    assert again["value"] == {"@number": "17", "line": ["a & <b>", {"@paid": "true", "#text": "2.5"}], "note": None}
    output = await place.run("data.xml", operation="write", value={"a": "ü"}, path="out/a.xml")
    assert output["size"] == len((place.workdir / "out/a.xml").read_bytes())
    assert (await place.run("data.xml", path="out/a.xml"))["value"] == "ü"


@pytest.mark.parametrize(
    "value",
    [{}, {"a": 1, "b": 2}, {"a": [1]}, {"a b": 1}, {"1a": 1}, {"a": "\0"}, {"a": {"@b": {}}}, {"a": {"b": [[1]]}}],
)
async def test_what_xml_cannot_carry_is_refused(place, value):
    assert (await place.fail("data.xml", operation="write", value=value)).code == "XML_NOT_WRITABLE"


async def test_one_source_is_needed(place):
    for config in ({}, {"text": "<a/>", "path": "a"}, {"operation": "write"}):
        with pytest.raises(ValueError, match="give"):
            await place.run("data.xml", **config)
