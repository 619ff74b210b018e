"""YAML to value and back. Owns what of YAML is understood: the core of YAML 1.2, so that `no` and dates stay text.

No tags of programming languages, no key twice, and references may not blow a small text up to a large value.
"""

import asyncio
import json
import math
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Self

import yaml
from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.files import read_bytes
from runner.nodes.paths import IfExists, check_target, decode_text, file_errors, replacing, resolve_path
from runner.workflow.documents import MAX_JSON_DEPTH, Json

PARSE_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of YAML one node reads."""
VALUE_LIMIT: Final = 2_000_000
"""Values a document may have once references are written out."""
_NO_VALUE: Final = ("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
_BOOL: Final = ("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF"))
_INT: Final = ("tag:yaml.org,2002:int", re.compile(r"[-+]?\d+\Z|0x[0-9a-fA-F]+\Z", re.ASCII), list("-+0123456789"))
_FLOAT: Final = (
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?\Z", re.ASCII),
    list("-+.0123456789"),
)
_MERGE: Final = ("tag:yaml.org,2002:merge", re.compile(r"<<\Z"), ["<"])


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc] # the stubs take it for an instance's

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "keys must be texts or numbers", key.start_mark)
            if key.value in seen and key.tag != _MERGE[0]:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _whole_number(loader: Any, node: Any) -> int:
    text = loader.construct_scalar(node)
    return int(text, 16) if text.startswith("0x") else int(text)


for _tag, _pattern, _first in (_NO_VALUE, _BOOL, _INT, _FLOAT, _MERGE):
    _Loader.add_implicit_resolver(_tag, _pattern, _first)
_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True


class YamlConfig(NodeConfig):
    """Config of data.yaml: a text or a file to parse, or a value to write."""

    operation: Literal["parse", "write"] = Field("parse", title="Do", description="Parse YAML, or write it.")
    text: str | None = Field(None, title="Text", description="The YAML to parse.")
    path: str | None = Field(None, title="File", description="The file to parse, or to write instead of the output.")
    value: Any = Field(None, title="Value", description="What is written.")
    many: bool = Field(False, title="Several documents", description="Parts between --- lines; the value is a list.")
    if_exists: IfExists = Field("replace", title="If it exists", description="Replace the written file, or fail.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.operation == "parse" and (self.text is None) == (self.path is None):
            raise ValueError("give either a text or a file to parse")
        if self.operation == "write" and (self.text is not None or "value" not in self.model_fields_set):
            raise ValueError("give the value to write, and no text")
        if self.operation == "write" and self.many and not isinstance(self.value, list):
            raise ValueError("several documents are written from a list")
        return self


class YamlDocument(NodeType[YamlConfig]):
    """data.yaml: output `{value}` of parsing; `{text}` or `{path, size}` of writing. Dates stay text."""

    type = "data.yaml"
    title = "YAML"
    help = "Reads YAML from a text or a file as a value, or writes a value as YAML."
    icon = "file-settings"
    config = YamlConfig
    example: ClassVar[dict[str, Any]] = {"path": "customers.yaml"}
    repeatable = True
    isolated = False

    async def run(self, config: YamlConfig, context: NodeContext) -> Result:
        """Work in a thread. Raises NodeFailure YAML_INVALID, YAML_TOO_LARGE and those of files."""
        path = resolve_path(context, config.path) if config.path is not None else None
        return Result(await asyncio.to_thread(_parse if config.operation == "parse" else _write, config, path))


def _parse(config: YamlConfig, path: Path | None) -> dict[str, Json]:
    source = "The text" if path is None else str(path)
    text = config.text or "" if path is None else decode_text(read_bytes(path, PARSE_LIMIT), "utf-8", path)
    if len(text) > PARSE_LIMIT:
        raise NodeFailure("YAML_TOO_LARGE", f"The text is longer than {PARSE_LIMIT:,} characters; split it.")
    try:
        _check_depth(text, source)
        documents = list(yaml.load_all(text, _Loader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise NodeFailure("YAML_INVALID", f"{source} is not YAML: {reason}. Correct the source.") from error
    if len(documents) > 1 and not config.many:
        raise NodeFailure("YAML_INVALID", f"{source} holds {len(documents)} documents; set 'Several documents'.")
    plain = [_Plain(source).value(document, 0) for document in documents]
    return {"value": plain if config.many else (plain[0] if plain else None)}


def _check_depth(text: str, source: str) -> None:
    """Refuse deep nesting before anything recurses: in the library that would end the process."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_JSON_DEPTH:
                raise _too_large(source)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _too_large(source: str) -> NodeFailure:
    return NodeFailure(
        "YAML_TOO_LARGE",
        f"{source} is deeper than {MAX_JSON_DEPTH} levels or has more than {VALUE_LIMIT:,} values "
        "once its references are written out; simplify it.",
    )


class _Plain:
    """Turns what the library made into JSON, and counts while doing so."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._count = 0

    def value(self, value: Any, depth: int) -> Json:
        self._count += 1
        if self._count > VALUE_LIMIT or depth > MAX_JSON_DEPTH:
            raise _too_large(self._source)
        match value:
            case dict():
                return {_key(key): self.value(inner, depth + 1) for key, inner in value.items()}
            case list():
                return [self.value(inner, depth + 1) for inner in value]
            case None | bool() | int() | str():
                return value
            case float() if math.isfinite(value):
                return value
        raise NodeFailure(
            "YAML_INVALID", f"{self._source} holds a {type(value).__name__}, which is not plain data; write it as text."
        )


def _key(key: Any) -> str:
    return json.dumps(key) if key is None or isinstance(key, bool) else str(key)


def _write(config: YamlConfig, path: Path | None) -> dict[str, Json]:
    documents = config.value if config.many else [config.value]
    text = yaml.dump_all(documents, Dumper=_Dumper, allow_unicode=True, sort_keys=False, explicit_start=config.many)
    if path is None:
        return {"text": text.removesuffix("...\n")}
    data = text.removesuffix("...\n").encode()
    check_target(path, config.if_exists)
    with file_errors(path), replacing(path) as temporary:
        temporary.write_bytes(data)
    return {"path": str(path), "size": len(data)}


NODES = (YamlDocument,)
