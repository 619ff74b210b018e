"""JSON text to value and back, from and to files as well."""

import asyncio
import json
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.files import read_bytes
from runner.nodes.paths import IfExists, check_target, file_errors, replacing, resolve_path
from runner.workflow.documents import DocumentError, Json, parse_document

PARSE_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of JSON one node reads."""


class ParseJsonConfig(NodeConfig):
    """Config of json.parse: a text or a file."""

    text: str | None = Field(default=None, title="Text", description="The JSON text.")
    path: str | None = Field(default=None, title="File", description="A UTF-8 file instead of a text.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.text is None) == (self.path is None):
            raise ValueError("give either a text or a file")
        return self


class ParseJson(NodeType[ParseJsonConfig]):
    """json.parse: output `{value}`."""

    type = "json.parse"
    title = "Parse JSON"
    help = "Reads JSON from a text or a file."
    icon = "braces"
    config = ParseJsonConfig
    example: ClassVar[dict[str, Any]] = {"path": "order.json"}
    repeatable = True
    isolated = False

    async def run(self, config: ParseJsonConfig, context: NodeContext) -> Result:
        """Parse in a thread. Raises NodeFailure JSON_INVALID with line and column, and those of reading a file."""
        path = resolve_path(context, config.path) if config.path is not None else None
        return Result({"value": await asyncio.to_thread(_parse, config.text or "", path)})


class StringifyJsonConfig(NodeConfig):
    """Config of json.stringify."""

    value: Any = Field(title="Value", description="What becomes JSON text.")
    indent: int = Field(default=0, ge=0, le=8, title="Indent", description="Spaces for each level; 0: one line.")
    sort_keys: bool = Field(default=False, title="Sort keys", description="Order the keys of objects by name.")
    path: str | None = Field(default=None, title="File", description="Write to this file instead of the output.")
    if_exists: IfExists = Field(default="replace", title="If it exists", description="Replace the file, or fail.")


class StringifyJson(NodeType[StringifyJsonConfig]):
    """json.stringify: output `{text}`, or `{path, size}` when it writes a file."""

    type = "json.stringify"
    title = "Write JSON"
    help = "Turns a value into JSON text, or writes it to a file."
    icon = "json"
    config = StringifyJsonConfig
    example: ClassVar[dict[str, Any]] = {"value": "{{ vars.order }}", "indent": 2, "path": "out/order.json"}
    repeatable = True
    isolated = False

    async def run(self, config: StringifyJsonConfig, context: NodeContext) -> Result:
        """Write in a thread. Raises NodeFailure FILE_EXISTS and those of the disk."""
        path = resolve_path(context, config.path) if config.path is not None else None
        return Result(await asyncio.to_thread(_stringify, config, path))


def _parse(text: str, path: Path | None) -> Json:
    try:
        data = text.encode("utf-8") if path is None else read_bytes(path, PARSE_LIMIT).removeprefix(b"\xef\xbb\xbf")
        return parse_document(data, max_bytes=PARSE_LIMIT)
    except UnicodeEncodeError as error:
        raise NodeFailure("JSON_INVALID", "The text contains half of a surrogate pair; correct its source.") from error
    except DocumentError as error:
        source = "The text" if path is None else str(path)
        raise NodeFailure(
            "JSON_INVALID", f"{source}: {error.message} Correct the source.", details={"pointer": error.pointer}
        ) from error


def _stringify(config: StringifyJsonConfig, path: Path | None) -> dict[str, Json]:
    text = json.dumps(config.value, ensure_ascii=False, indent=config.indent or None, sort_keys=config.sort_keys)
    if path is None:
        return {"text": text}
    data = f"{text}\n".encode()
    check_target(path, config.if_exists)
    with file_errors(path), replacing(path) as temporary:
        temporary.write_bytes(data)
    return {"path": str(path), "size": len(data)}


NODES = (ParseJson, StringifyJson)
