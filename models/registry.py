"""Which models are shipped, and whether their files are the ones that were measured."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from models.errors import ModelError

HERE = Path(__file__).parent
REGISTRY = HERE / "registry.toml"
# Formats that run code when they are read; a folder that holds one is not opened.
UNSAFE = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".py")


@dataclass(frozen=True)
class Entry:
    """One shipped model: ``files`` maps a path inside ``folder`` to its sha256."""

    name: str
    folder: Path
    dimensions: int
    default: bool
    files: dict[str, str]


def read_registry(path: Path = REGISTRY) -> dict[str, Entry]:
    """Return the shipped models by name; no registry file means that none is shipped."""
    if not path.is_file():
        return {}
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Entry(
            name=name,
            folder=path.parent / name,
            dimensions=int(raw["dimensions"]),
            default=bool(raw.get("default", False)),
            files={str(file): str(digest) for file, digest in raw["files"].items()},
        )
        for name, raw in content.items()
    }


def default_entry(entries: dict[str, Entry]) -> Entry | None:
    """Return the model to use when nobody asked for another."""
    return next((entry for entry in entries.values() if entry.default), None)


def verify(entry: Entry) -> str:
    """Return the revision of an entry after its files were compared with their recorded hashes.

    Raises ``ModelError`` that names the file which is missing, changed or not listed.
    """
    for file, expected in entry.files.items():
        path = entry.folder / file
        if not path.is_file():
            raise ModelError(f"model {entry.name}: {path} is missing: restore it from the repository")
        if sha256(path) != expected:
            raise ModelError(
                f"model {entry.name}: {path} does not have the sha256 in {REGISTRY.name}: "
                "restore it from the repository, or register what you changed under another name"
            )
    extra = set(folder_files(entry.folder)) - set(entry.files)
    if extra:
        raise ModelError(
            f"model {entry.name}: {sorted(extra)} in {entry.folder} are not registered: remove them"
        )
    return _combined(entry.files)


def folder_revision(folder: Path) -> str:
    """Return a revision for a local model: it changes with any file. Raises ``ModelError`` for unsafe formats."""
    files = folder_files(folder)
    unsafe = sorted(file for file in files if Path(file).suffix in UNSAFE)
    if unsafe:
        raise ModelError(
            f"{folder} holds {unsafe[0]}, a format that can run code: convert the weights to safetensors"
        )
    return _combined({file: sha256(folder / file) for file in files})


def folder_files(folder: Path) -> list[str]:
    """Return the files of a model, relative and sorted, without hidden ones."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = (path.relative_to(folder).as_posix() for path in paths)
    return sorted(name for name in names if not name.startswith("."))


def sha256(path: Path) -> str:
    """Return the hexadecimal sha256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _combined(files: dict[str, str]) -> str:
    lines = "".join(f"{digest}  {file}\n" for file, digest in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]
