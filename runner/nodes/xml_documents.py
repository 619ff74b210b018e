"""XML to value and back. Owns the shape of the value; documents with a DTD or entities are refused, never expanded.

An element becomes its text, or an object of its attributes (`@name`), its children (a list when there are several of a
name) and its own text (`#text`). The order of children of different names is not kept.
"""

import asyncio
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Self

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.files import read_bytes
from runner.nodes.paths import IfExists, check_target, file_errors, replacing, resolve_path
from runner.workflow.documents import MAX_JSON_DEPTH, Json

PARSE_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of XML one node reads."""
_NAME: Final = re.compile(r"(?:\{[^{}<>&\s]+\})?[^\W\d][\w.\-]*\Z")
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class XmlConfig(NodeConfig):
    """Config of data.xml: a text or a file to parse, or a value to write."""

    operation: Literal["parse", "write"] = Field("parse", title="Do", description="Parse XML, or write it.")
    text: str | None = Field(None, title="Text", description="The XML to parse.")
    path: str | None = Field(None, title="File", description="The file to parse, or to write instead of the output.")
    value: dict[str, Any] | None = Field(
        None, title="Value", description="To write: one key, the root's name. @name is an attribute, #text the text."
    )
    lists: list[str] = Field(
        default_factory=list, title="Always lists", description="Names of elements that are lists even when alone."
    )
    namespaces: Literal["drop", "keep"] = Field(
        "drop", title="Namespaces", description="`keep` writes names as {address}name."
    )
    if_exists: IfExists = Field("replace", title="If it exists", description="Replace the written file, or fail.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.operation == "parse" and (self.text is None) == (self.path is None):
            raise ValueError("give either a text or a file to parse")
        if self.operation == "write" and (self.value is None or self.text is not None):
            raise ValueError("give the value to write, and no text")
        return self


class XmlDocument(NodeType[XmlConfig]):
    """data.xml: output `{root, value}` of parsing; `{text}` or `{path, size}` of writing."""

    type = "data.xml"
    title = "XML"
    help = "Reads XML from a text or a file as a value, or writes a value as XML."
    icon = "file-type-xml"
    config = XmlConfig
    example: ClassVar[dict[str, Any]] = {"path": "invoice.xml", "lists": ["line"]}
    repeatable = True
    isolated = False

    async def run(self, config: XmlConfig, context: NodeContext) -> Result:
        """Work in a thread. Raises NodeFailure XML_INVALID, XML_REFUSED, XML_NOT_WRITABLE and those of files."""
        path = resolve_path(context, config.path) if config.path is not None else None
        return Result(await asyncio.to_thread(_parse if config.operation == "parse" else _write, config, path))


def _parse(config: XmlConfig, path: Path | None) -> dict[str, Json]:
    source = "The text" if path is None else str(path)
    try:
        # A declared encoding speaks of the bytes the text once was.
        text = re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", config.text or "")
        data = text.encode() if path is None else read_bytes(path, PARSE_LIMIT)
        root = _root(data)
    except DefusedXmlException as error:
        raise NodeFailure(
            "XML_REFUSED", f"{source} declares a document type or entities, which could harm; remove the DOCTYPE."
        ) from error
    except UnicodeEncodeError as error:
        raise NodeFailure("XML_INVALID", "The text contains half of a surrogate pair; correct its source.") from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise NodeFailure("XML_INVALID", f"{source} is not XML: {error}. Correct the source.") from error
    name = _shown(root.tag, config)
    return {"root": name, "value": _value(root, config)}


def _root(data: bytes) -> ET.Element:
    """The root element. The depth is watched while parsing, before anything walks the tree."""
    depth = 0
    root: ET.Element | None = None
    for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
        depth += 1 if event == "start" else -1
        if depth > MAX_JSON_DEPTH // 2:
            raise NodeFailure("XML_INVALID", f"Elements are nested deeper than {MAX_JSON_DEPTH // 2} levels.")
        root = element if root is None else root
    if root is None:
        raise ValueError("there is no element")
    return root


def _value(element: ET.Element, config: XmlConfig) -> Json:
    value: dict[str, Any] = {f"@{_shown(name, config)}": text for name, text in element.attrib.items()}
    repeated: set[str] = set()
    for child in element:
        name, inner = _shown(child.tag, config), _value(child, config)
        if name not in value:
            value[name] = [inner] if name in config.lists else inner
            repeated.update([name] if name in config.lists else [])
        elif name in repeated:
            value[name].append(inner)
        else:
            value[name] = [value[name], inner]
            repeated.add(name)
    text = "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
    if not value:
        return text or None
    return {**value, "#text": text} if text else value


def _shown(name: str, config: XmlConfig) -> str:
    return name if config.namespaces == "keep" else name.rpartition("}")[2]


def _write(config: XmlConfig, path: Path | None) -> dict[str, Json]:
    value = config.value or {}
    if len(value) != 1:
        raise NodeFailure("XML_NOT_WRITABLE", "XML has one root: give an object with one key, its name.")
    [(name, content)] = value.items()
    if isinstance(content, list):
        raise NodeFailure("XML_NOT_WRITABLE", f"XML has one root: {name} must not be a list.")
    root = _element(name, content)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    if path is None:
        return {"text": text}
    data = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()
    check_target(path, config.if_exists)
    with file_errors(path), replacing(path) as temporary:
        temporary.write_bytes(data)
    return {"path": str(path), "size": len(data)}


def _element(name: str, value: Json) -> ET.Element:
    element = ET.Element(_checked_name(name))
    if not isinstance(value, dict):
        element.text = _text(value, name)
        return element
    for key, inner in value.items():
        if key == "#text":
            element.text = _text(inner, name)
        elif key.startswith("@"):
            element.set(_checked_name(key[1:]), _text(inner, key))
        else:
            element.extend([_element(key, each) for each in (inner if isinstance(inner, list) else [inner])])
    return element


def _checked_name(name: str) -> str:
    if not _NAME.match(name):
        raise NodeFailure(
            "XML_NOT_WRITABLE", f"{name[:60]!r} cannot be the name of an element or attribute; rename it."
        )
    return name


def _text(value: Json, name: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict() | list():
            raise NodeFailure("XML_NOT_WRITABLE", f"{name} must be a text or a number, not a list or an object.")
    if found := _NO_XML.search(str(value)):
        raise NodeFailure("XML_NOT_WRITABLE", f"{name} holds {found[0]!r}, which XML cannot carry; remove it.")
    return str(value)


NODES = (XmlDocument,)
