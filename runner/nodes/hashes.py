"""Fingerprints of texts, values and files: to tell whether something changed, or to sign a request with a key."""

import asyncio
import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.fields import Secret
from runner.nodes.paths import COPY_BLOCK, file_errors, resolve_path

_SOURCES: Final = ("text", "value", "path")


class HashConfig(NodeConfig):
    """Config of data.hash: one of text, value and path."""

    text: str | None = Field(None, title="Text", description="Hashed as UTF-8.")
    value: Any = Field(None, title="Value", description="Hashed as JSON with ordered keys and no spaces.")
    path: str | None = Field(None, title="File", description="Hashed byte by byte.")
    algorithm: Literal["sha256", "sha512", "sha384", "sha3_256", "blake2b", "sha1", "md5"] = Field(
        "sha256", title="Algorithm", description="sha1 and md5 only where an old system asks for them."
    )
    key: Secret | None = Field(None, min_length=1, title="Key", description="Makes it an HMAC; use a credential.")
    encoding: Literal["hex", "base64"] = Field("hex", title="Written as", description="Hexadecimal or base64.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if len(self.model_fields_set.intersection(_SOURCES)) != 1:
            raise ValueError("give one of text, value and path")
        return self


class Hash(NodeType[HashConfig]):
    """data.hash: output `{hash, algorithm, size}`, the size in bytes of what was hashed."""

    type = "data.hash"
    title = "Hash"
    help = "Computes the fingerprint of a text, a value or a file, with a key if wanted."
    icon = "fingerprint"
    config = HashConfig
    example: ClassVar[dict[str, Any]] = {"path": "invoice.pdf", "algorithm": "sha256"}
    repeatable = True
    isolated = False

    async def run(self, config: HashConfig, context: NodeContext) -> Result:
        """Hash in a thread. Raises NodeFailure FILE_NOT_FOUND, TEXT_INVALID."""
        path = resolve_path(context, config.path) if config.path is not None else None
        digest, size = await asyncio.to_thread(_digest, config, path)
        text = digest.hex() if config.encoding == "hex" else base64.b64encode(digest).decode()
        return Result({"hash": text, "algorithm": config.algorithm, "size": size})


def _digest(config: HashConfig, path: Path | None) -> tuple[bytes, int]:
    plain = hashlib.new(config.algorithm, usedforsecurity=False)
    digest = plain if config.key is None else hmac.new(config.key.encode(), digestmod=config.algorithm)
    if path is None:
        data = _bytes(config)
        digest.update(data)
        return digest.digest(), len(data)
    if path.is_dir():
        raise NodeFailure("FILE_IS_FOLDER", f"{path} is a folder; give the name of a file.")
    size = 0
    with file_errors(path), path.open("rb") as file:
        while block := file.read(COPY_BLOCK):
            digest.update(block)
            size += len(block)
    return digest.digest(), size


def _bytes(config: HashConfig) -> bytes:
    text = config.text
    if text is None:
        text = json.dumps(config.value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NodeFailure("TEXT_INVALID", "The text contains half of a surrogate pair; correct its source.") from error


NODES = (Hash,)
