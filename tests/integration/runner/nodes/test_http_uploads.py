"""Files sent to a web server, alone and as parts of a form."""

from email import message_from_bytes

import pytest
from aiohttp import web

DATA = bytes(range(256)) * 2000


async def test_a_file_is_the_body_with_its_size_and_type(place, server):
    place.write("in/a.pdf", DATA)
    await place.run("http.request", method="PUT", url=server.url, body={"type": "file", "path": "in/a.pdf"})
    [asked] = server.asked
    assert asked.body == DATA
    assert (asked.headers["content-type"], asked.headers["content-length"]) == ("application/pdf", str(len(DATA)))
    assert "content-disposition" not in asked.headers


async def test_the_type_of_a_file_can_be_told(place, server):
    place.write("a", b"")
    body = {"type": "file", "path": "a", "contentType": "text/csv; charset=utf-8"}
    await place.run("http.request", method="POST", url=server.url, body=body)
    assert (server.asked[0].headers["content-type"], server.asked[0].body) == ("text/csv; charset=utf-8", b"")


async def test_files_and_fields_make_a_form_as_browsers_send_it(place, server):
    place.write('ü b"er.csv', "a;b\n")
    place.write("b.bin", DATA)
    files = [
        {"name": "list", "path": 'ü b"er.csv'},
        {"name": "list", "path": "b.bin", "fileName": "c.bin", "contentType": "image/png"},
    ]
    body = {"type": "multipart", "files": files, "fields": {"customer": "ü", "tags": [1, True], "none": None}}
    await place.run("http.request", method="POST", url=server.url, body=body)
    [asked] = server.asked
    sent = message_from_bytes(b"Content-Type: " + asked.headers["content-type"].encode() + b"\r\n\r\n" + asked.body)
    parts = [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in sent.get_payload()
    ]
    assert [(name, data) for name, filename, _, data in parts if filename is None] == [
        ("customer", "ü".encode()),
        ("tags", b"1"),
        ("tags", b"true"),
    ]
    assert [(name, kind, data) for name, filename, kind, data in parts if filename is not None] == [
        ("list", "text/csv", b"a;b\n"),
        ("list", "image/png", DATA),
    ]
    assert 'filename="ü b\\"er.csv"'.encode() in asked.body
    assert parts[-1][1] == "c.bin"


@pytest.mark.parametrize(
    "body", [{"type": "file", "path": "a"}, {"type": "multipart", "files": [{"name": "f", "path": "a"}]}]
)
async def test_a_redirect_that_keeps_the_method_gets_the_whole_file_again(place, server, body):
    async def answer(request):
        if request.path == "/":
            raise web.HTTPTemporaryRedirect("/there")
        return web.json_response({})

    place.write("a", DATA)
    server.answer = answer
    await place.run("http.request", method="POST", url=server.url, body=body)
    assert [asked.path for asked in server.asked] == ["/", "/there"]
    assert DATA in server.asked[1].body


@pytest.mark.parametrize("path", ["missing", "."])
async def test_a_file_that_cannot_be_sent_is_named_before_anything_is_asked(place, server, path):
    for body in ({"type": "file", "path": path}, {"type": "multipart", "files": [{"name": "f", "path": path}]}):
        failure = await place.fail("http.request", method="POST", url=server.url, body=body)
        assert failure.code in {"FILE_NOT_FOUND", "FILE_IS_FOLDER"}
    assert server.asked == []
