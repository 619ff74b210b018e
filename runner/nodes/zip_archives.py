"""ZIP archives. Owns what makes an archive from elsewhere harmless: no entry leaves its folder, none is a link, and
nothing is larger than it says or than allowed.
"""

import asyncio
import stat
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.paths import (
    COPY_BLOCK,
    IfExists,
    check_target,
    file_errors,
    is_text,
    replacing,
    resolve_path,
    sha256_of,
)
from runner.workflow.documents import Json

SIZE_LIMIT: Final = 1024 * 1024 * 1024
ENTRY_LIMIT: Final = 10_000
_ENCRYPTED: Final = 0x1


class CreateZipConfig(NodeConfig):
    """Config of zip.create."""

    sources: list[str] = Field(
        min_length=1, title="Files", description="Files, folders (with all in them) or patterns such as out/*.pdf."
    )
    path: str = Field(title="Archive", description="Path of the ZIP file to make.")
    compress: bool = Field(default=True, title="Compress", description="Off is faster for files that do not shrink.")
    if_exists: IfExists = Field(default="replace", title="If it exists", description="Replace the archive, or fail.")


class CreateZip(NodeType[CreateZipConfig]):
    """zip.create: output `{path, size, sha256, entries}`. Links are left out."""

    type = "zip.create"
    title = "Create ZIP"
    help = "Packs files and folders into a ZIP archive."
    icon = "file-zip"
    config = CreateZipConfig
    example: ClassVar[dict[str, Any]] = {"sources": ["out/*.xlsx"], "path": "out/reports.zip"}
    repeatable = True

    async def run(self, config: CreateZipConfig, context: NodeContext) -> Result:
        """Pack in a thread. Raises NodeFailure FILE_NOT_FOUND, ZIP_NAME_TWICE, FILE_EXISTS and those of the disk."""
        sources = [resolve_path(context, source) for source in config.sources]
        return Result(await asyncio.to_thread(_create, config, sources, resolve_path(context, config.path)))


class ExtractZipConfig(NodeConfig):
    """Config of zip.extract."""

    path: str = Field(title="Archive", description="Path of the ZIP file.")
    folder: str = Field(title="Into folder", description="Made when it is missing.")
    pattern: str = Field(
        default="*", min_length=1, title="Pattern", description="Only names that match, such as *.csv."
    )
    if_exists: Literal["replace", "fail", "skip"] = Field(
        default="replace", title="If a file exists", description="Replace it, fail, or leave it."
    )
    max_bytes: int = Field(
        default=SIZE_LIMIT, ge=1, title="Largest size", description="Bytes of all files together once unpacked."
    )
    max_entries: int = Field(default=ENTRY_LIMIT, ge=1, title="Most files", description="An archive with more fails.")


class ExtractZip(NodeType[ExtractZipConfig]):
    """zip.extract: output `{folder, files: [path], count}`. The whole archive is judged before a byte is written."""

    type = "zip.extract"
    title = "Extract ZIP"
    help = "Unpacks a ZIP archive, refusing those made to do harm."
    icon = "package-export"
    config = ExtractZipConfig
    example: ClassVar[dict[str, Any]] = {"path": "inbox/orders.zip", "folder": "orders", "pattern": "*.csv"}
    repeatable = True

    async def run(self, config: ExtractZipConfig, context: NodeContext) -> Result:
        """Unpack in a thread. Raises NodeFailure ZIP_INVALID, ZIP_UNSAFE, ZIP_TOO_LARGE, ZIP_ENCRYPTED."""
        path, folder = resolve_path(context, config.path), resolve_path(context, config.folder)
        files = await asyncio.to_thread(_extract, config, path, folder)
        return Result({"folder": str(folder), "files": [str(file) for file in files], "count": len(files)})


def _create(config: CreateZipConfig, sources: list[Path], target: Path) -> dict[str, Json]:
    check_target(target, config.if_exists)
    entries: dict[str, Path] = {}
    for source in sources:
        for name, path in _entries(source):
            if not is_text(path):
                raise NodeFailure("INVALID_PATH", f"The name {name!a} is not UTF-8; rename the file.")
            if path == target:
                continue
            if entries.setdefault(name, path) != path:
                raise NodeFailure(
                    "ZIP_NAME_TWICE", f"{entries[name]} and {path} would both be {name} in the archive; pack a folder."
                )
    method = zipfile.ZIP_DEFLATED if config.compress else zipfile.ZIP_STORED
    with file_errors(target), replacing(target) as temporary:
        with zipfile.ZipFile(temporary, "w", method, strict_timestamps=False) as archive:
            for name, path in entries.items():
                archive.write(path, name)
        size, digest = temporary.stat().st_size, sha256_of(temporary)
    return {"path": str(target), "size": size, "sha256": digest, "entries": [*entries]}


def _entries(source: Path) -> Iterable[tuple[str, Path]]:
    """Names in the archive and files behind them, for a file, a folder or a pattern."""
    if source.exists():
        found = [source]
    else:
        fixed = next(parent for parent in source.parents if not _is_pattern(str(parent)))
        found = sorted(fixed.glob(str(source.relative_to(fixed)))) if _is_pattern(str(source)) else []
    if not found:
        raise NodeFailure("FILE_NOT_FOUND", f"{source}: no such file to pack; check the path or pattern.")
    for path in found:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in inside:
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(path.parent).as_posix(), file


def _is_pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _extract(config: ExtractZipConfig, path: Path, folder: Path) -> list[Path]:
    with file_errors(path):
        path.stat()
        try:
            archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise NodeFailure("ZIP_INVALID", f"{path} is no ZIP archive ({error}); get it again.") from error
    with archive:
        infos = archive.infolist()
        _judge(config, path, infos)
        wanted = [info for info in infos if not info.is_dir() and PurePosixPath(info.filename).match(config.pattern)]
        targets = [_inside(folder, info.filename, path) for info in wanted]
        if config.if_exists == "fail" and (there := [target for target in targets if target.exists()]):
            raise NodeFailure("FILE_EXISTS", f"{there[0]} exists already; extract into an empty folder.")
        written = []
        for info, target in zip(wanted, targets, strict=True):
            if config.if_exists == "skip" and target.exists():
                continue
            _write_entry(archive, info, target, path)
            written.append(target)
    return written


def _judge(config: ExtractZipConfig, path: Path, infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > config.max_entries:
        raise NodeFailure("ZIP_TOO_LARGE", f"{path} holds {len(infos):,} entries; {config.max_entries:,} are allowed.")
    total = sum(info.file_size for info in infos)
    if total > config.max_bytes:
        raise NodeFailure("ZIP_TOO_LARGE", f"{path} unpacks to {total:,} bytes; {config.max_bytes:,} are allowed.")
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise NodeFailure(
                "ZIP_UNSAFE", f"{path}: {info.filename} is a link or a device; do not trust this archive."
            )
        if info.flag_bits & _ENCRYPTED:
            raise NodeFailure("ZIP_ENCRYPTED", f"{path}: {info.filename} needs a password; ask for an archive without.")


def _inside(folder: Path, name: str, archive: Path) -> Path:
    """Where an entry goes. Also judged as Windows would: `C:x` and `..\\x` mean harm on every system."""
    windows = PureWindowsPath(name)
    if not name or windows.anchor or ".." in windows.parts or ":" in name:
        raise NodeFailure("ZIP_UNSAFE", f"{archive}: {name!r} would leave the folder; do not trust this archive.")
    target = folder.joinpath(*windows.parts)
    with file_errors(folder):
        # A link that stands in the folder already would lead out of it as well.
        if not target.parent.resolve().is_relative_to(folder.resolve()):
            raise NodeFailure("ZIP_UNSAFE", f"{target.parent} is a link out of {folder}; remove it first.")
    return target


def _write_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, path: Path) -> None:
    check_target(target, "replace")
    try:
        with (
            file_errors(target),
            replacing(target) as temporary,
            archive.open(info) as source,
            temporary.open("wb") as file,
        ):
            # zipfile itself ends an entry at the size it declares, which was judged before.
            while block := source.read(COPY_BLOCK):
                file.write(block)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise NodeFailure("ZIP_INVALID", f"{path}: {info.filename} is damaged ({error}); get it again.") from error


NODES = (CreateZip, ExtractZip)
