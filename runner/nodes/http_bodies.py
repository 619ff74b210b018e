"""What a request can carry: the config of each kind of body, and how it is sent."""

import asyncio
import json
import mimetypes
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, Literal

import aiohttp
from aiohttp.payload import BufferedReaderPayload
from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure
from runner.nodes.paths import file_errors, resolve_path

Scalar = str | int | float | bool | None
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")
MediaType = Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*$")]

FormName = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Stands in a header of its part: a line break would begin another one."""


class NoBody(NodeConfig):
    """Nothing is sent."""

    type: Literal["none"] = Field(default="none", title="Kind", description="The request sends no data.")


class JsonBody(NodeConfig):
    """Any value as JSON."""

    type: Literal["json"] = Field(default="json", title="Kind", description="Any value, sent as JSON.")
    value: Any = Field(title="Value", description="Sent as application/json.")


class TextBody(NodeConfig):
    """A text, sent as UTF-8."""

    type: Literal["text"] = Field(default="text", title="Kind", description="A text, sent as it is.")
    text: str = Field(title="Text", description="Sent as it is.")
    content_type: str = Field(default="text/plain", title="Content type", description="For instance application/xml.")


class FormBody(NodeConfig):
    """Fields of a form."""

    type: Literal["form"] = Field(default="form", title="Kind", description="Fields, as a web page's form sends them.")
    fields: dict[str, Scalar | list[Scalar]] = Field(
        title="Fields", description="Sent as application/x-www-form-urlencoded; a list repeats the field."
    )


class FileBody(NodeConfig):
    """A file, byte by byte."""

    type: Literal["file"] = Field(default="file", title="Kind", description="A file's content, sent as it is.")
    path: str = Field(min_length=1, title="File", description="Sent as it is on the disk.")
    content_type: MediaType | None = Field(
        default=None, title="Content type", description="For instance application/pdf; else told from the name."
    )


class FilePart(NodeConfig):
    """One file of a form."""

    name: FormName = Field(title="Field", description="Name of the form's field.")
    path: str = Field(min_length=1, title="File", description="Path of the file.")
    file_name: FormName | None = Field(
        default=None, title="File name", description="What the server is told; else the file's."
    )
    content_type: MediaType | None = Field(
        default=None, title="Content type", description="For instance application/pdf; else told from the name."
    )


class MultipartBody(NodeConfig):
    """A form with files, as browsers upload them."""

    type: Literal["multipart"] = Field(
        default="multipart", title="Kind", description="Fields and files together, as an upload form sends them."
    )
    files: list[FilePart] = Field(min_length=1, max_length=100, title="Files", description="Sent as they are.")
    fields: dict[FormName, Scalar | list[Scalar]] = Field(
        default_factory=dict, title="Fields", description="Sent along; a list repeats the field, null is left out."
    )


Body = Annotated[
    NoBody | JsonBody | TextBody | FormBody | FileBody | MultipartBody,
    Field(discriminator="type"),
]


@asynccontextmanager
async def sent_body(body: Body, context: NodeContext) -> AsyncIterator[tuple[Any, dict[str, str]]]:
    """What the client sends, and the headers that tell of it. Files are open until the block ends.

    Raises the NodeFailure of a file that cannot be read.
    """
    with ExitStack() as files:
        match body:
            case JsonBody(value=value):
                yield json.dumps(value).encode(), {"Content-Type": "application/json"}
            case TextBody(text=text, content_type=content_type):
                yield text.encode(), {"Content-Type": f"{content_type}; charset=utf-8"}
            case FormBody(fields=fields):
                yield aiohttp.FormData(pairs(fields)), {}
            case FileBody(path=path, content_type=content_type):
                file = files.enter_context(await asyncio.to_thread(_open, resolve_path(context, path)))
                media_type = content_type or _media_type(path)
                yield BufferedReaderPayload(file, content_type=media_type, filename=None), {"Content-Type": media_type}
            case MultipartBody():
                form = aiohttp.FormData(pairs(body.fields), quote_fields=False, default_to_multipart=True)
                for part in body.files:
                    source = resolve_path(context, part.path)
                    file = files.enter_context(await asyncio.to_thread(_open, source))
                    name = part.file_name or _CONTROLS.sub("_", source.name)
                    form.add_field(part.name, file, filename=name, content_type=part.content_type or _media_type(name))
                yield form, {}
            case _:
                yield None, {}


def pairs(fields: dict[str, Scalar | list[Scalar]]) -> list[tuple[str, str]]:
    """Names and texts; a list repeats its name, null is left out, true and false are written as JSON does."""
    return [
        (name, value if isinstance(value, str) else json.dumps(value))
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
        if value is not None
    ]


def _open(path: Path) -> BinaryIO:
    if path.is_dir():
        raise NodeFailure("FILE_IS_FOLDER", f"{path} is a folder; give the name of a file.")
    with file_errors(path):
        return path.open("rb")


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
