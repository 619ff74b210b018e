"""A folder of workflow files: read as a whole or not at all, written with as little change as possible."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.errors import FAILED, CliError, usage
from services.cli.files.document import SUFFIX, FileError, WorkflowDocument, file_name, read_document


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """Files by what became of them, sorted."""

    written: list[Path]
    same: list[Path]
    stale: list[Path]
    """Of workflows that are gone (or have another name now)."""


def read_folder(folder: Path) -> dict[Path, WorkflowDocument]:
    """Every `*.workflow.json` in the folder and those below it. Raises CliError that names every bad file."""
    if not folder.is_dir():
        raise usage(f"{folder} is no folder.")
    found: dict[Path, WorkflowDocument] = {}
    problems: list[str] = []
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        try:
            found[path] = read_document(path)
        except (FileError, OSError) as error:
            problems.append(f"{path}: {error}")
    problems += _collisions(found)
    if problems:
        raise CliError("The folder cannot be used; nothing was changed.", FAILED, details=problems)
    return found


def write_folder(folder: Path, documents: Iterable[WorkflowDocument], *, remove_stale: bool) -> FolderChanges:
    """Writes what differs. A workflow that has a file keeps it, wherever below the folder it was moved."""
    documents = list(documents)
    folder.mkdir(parents=True, exist_ok=True)
    kept = {document.name.casefold(): path for path, document in read_folder(folder).items()}
    places = _places(folder, documents, kept)
    changes = FolderChanges([], [], sorted(set(kept.values()) - set(places.values())))
    for document in documents:
        path = places[document.name.casefold()]
        text = document.text()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            changes.same.append(path)
            continue
        path.write_text(text, encoding="utf-8", newline="\n")
        changes.written.append(path)
    if remove_stale:
        for path in changes.stale:
            path.unlink()
    return changes


def _places(folder: Path, documents: list[WorkflowDocument], kept: Mapping[str, Path]) -> dict[str, Path]:
    plain = Counter(file_name(document.name) for document in documents)
    return {
        document.name.casefold(): kept.get(document.name.casefold())
        or folder / file_name(document.name, alone=plain[file_name(document.name)] == 1)
        for document in documents
    }


def _collisions(found: Mapping[Path, WorkflowDocument]) -> list[str]:
    """A Hub tells names apart whatever their case."""
    by_name: dict[str, list[Path]] = {}
    for path, document in found.items():
        by_name.setdefault(document.name.casefold(), []).append(path)
    return [
        f"{', '.join(map(str, paths))}: all describe the workflow {found[paths[0]].name!r}; keep one of them."
        for paths in by_name.values()
        if len(paths) > 1
    ]
