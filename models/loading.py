"""From a name in the configuration to an encoder that is ready to use."""

from __future__ import annotations

import re
from pathlib import Path

from models.encoder import Encoder
from models.errors import ModelError
from models.hashing import HashingEncoder
from models.registry import default_entry, folder_revision, read_registry, verify

HUB_ID = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w.-]+))?")


def load_encoder(
    name: str | None = None, *, prompt: str | None = None, batch_size: int = 64, device: str | None = None
) -> Encoder:
    """Return the encoder called ``name``.

    ``name`` is None (the shipped model; the stand-in where none is shipped), ``"hashing"``, a name in
    ``models/registry.toml``, a local folder, or a hub id with a pinned commit: ``"BAAI/bge-m3@5617a9f"``.
    ``prompt``, ``batch_size`` and ``device`` matter to models that run through sentence-transformers.
    Raises ``ModelError`` when there is no such model, its files do not verify, or the hub is out of reach.
    """
    entries = read_registry()
    entry = default_entry(entries) if name is None else entries.get(name)
    if entry is not None:
        revision = verify(entry)
        return _static(entry.folder, entry.name, revision)
    if name is None or name == HashingEncoder.name:
        return HashingEncoder()
    if Path(name).is_dir():
        return _local(Path(name), prompt, batch_size, device)
    return _hub(name, sorted(entries), prompt, batch_size, device)


def _static(folder: Path, name: str, revision: str) -> Encoder:
    from models.bare import BareEncoder

    return BareEncoder(folder, name, revision)


def _local(folder: Path, prompt: str | None, batch_size: int, device: str | None) -> Encoder:
    from models.bare import is_static_model
    from models.sentence import load_sentence_encoder

    revision = folder_revision(folder)
    if is_static_model(folder):
        return _static(folder, folder.as_posix(), revision)
    return load_sentence_encoder(
        folder.as_posix(), revision, hub=False, prompt=prompt, batch_size=batch_size, device=device
    )


def _hub(name: str, shipped: list[str], prompt: str | None, batch_size: int, device: str | None) -> Encoder:
    from models.sentence import load_sentence_encoder

    match = HUB_ID.fullmatch(name)
    if match is None:
        known = ", ".join(["hashing", *shipped])
        raise ModelError(
            f"no encoder is called {name!r}: use one of {known}, a folder, or a hub id with @commit"
        )
    if match["revision"] is None:
        raise ModelError(
            f"{name} names no commit: write {name}@COMMIT, so that every run gets the same vectors"
        )
    return load_sentence_encoder(
        match["id"], match["revision"], hub=True, prompt=prompt, batch_size=batch_size, device=device
    )
