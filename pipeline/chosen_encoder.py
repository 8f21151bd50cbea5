"""Which encoder the desk uses: ``data/encoder.toml`` where there is one, else the model that ships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.encoder import Encoder
from models.loading import load_encoder
from pipeline.errors import UsageError
from pipeline.paths import DataDir
from pipeline.toml_files import read_toml

KINDS: Mapping[str, type] = {"encoder": str, "prompt": str, "batch_size": int, "device": str}


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """What ``load_encoder`` is asked for; ``name`` None means the model that ships."""

    name: str | None = None
    prompt: str | None = None
    batch_size: int = 64
    device: str | None = None


def chosen_encoder(data: DataDir, name: str | None = None) -> Encoder:
    """Load the encoder called ``name``, else the one that the desk's file names, else the one that ships.

    Raises ``UsageError`` when the file says what cannot be meant, ``ModelError`` when the encoder does not load.
    """
    choice = encoder_choice(data)
    if name is not None:  # another model: a prompt was meant for the one in the file
        choice = EncoderChoice(name, None, choice.batch_size, choice.device)
    return load_encoder(choice.name, prompt=choice.prompt, batch_size=choice.batch_size, device=choice.device)


def encoder_choice(data: DataDir) -> EncoderChoice:
    """What ``encoder.toml`` in the data folder says; no file means the model that ships."""
    path = data.root / "encoder.toml"
    if not path.is_file():
        return EncoderChoice()
    told = _checked(path, read_toml(path))
    usual = EncoderChoice()
    return EncoderChoice(
        name=_located(data.root, told.get("encoder")),
        prompt=told.get("prompt"),
        batch_size=told.get("batch_size", usual.batch_size),
        device=told.get("device"),
    )


def _checked(path: Path, told: dict[str, Any]) -> dict[str, Any]:
    for key, value in told.items():
        if key not in KINDS:
            raise UsageError(f"{path}: {key} is not known; write {', '.join(KINDS)}")
        if type(value) is not KINDS[key]:
            raise UsageError(f"{path}: {key} is {value!r}; write a {_KIND_NAMES[KINDS[key]]}")
    if told.get("batch_size", 1) < 1:
        raise UsageError(f"{path}: batch_size is {told['batch_size']}; write 1 or more")
    return told


_KIND_NAMES = {str: "text in quotes", int: "whole number"}


def _located(root: Path, name: str | None) -> str | None:
    """A folder may be given as it is seen from the data folder: ``models/ours``."""
    return str(root / name) if name and (root / name).is_dir() else name
