"""How likely a text states something that can be checked: specific, about people, not opinion, feeling or chatter.

The idea is that of claim detection (Konstantinovskiy et al. 2018, arXiv 1809.08193); the model is a linear one over
the same clause n-grams as ``models.speech``, and it says nothing about whether a statement is true.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.registry import Entry, read_registry, verify
from models.speech import SpeechModel, load_folder

NAME = "chengqing-checkworthy-1"
KINDS = ("other", "checkable")


def checkworthy(texts: Sequence[str]) -> NDArray[np.float32]:
    """The chance of each text in matching form, 0 to 1: that of its most checkable clause."""
    model = _load()
    return model.chances(texts)[:, 1]


def checkworthy_revision() -> str:
    """Changes with any byte of the shipped model."""
    return verify(_entry())


def own_lines() -> list[dict[str, Any]]:
    """Lines written for this project, each of its kind."""
    path = Path(__file__).with_name("checkworthy_lines.toml")
    lines = tomllib.loads(path.read_text(encoding="utf-8"))
    return [{"text": t, "label": k, "weight": 4.0} for k in KINDS for t in lines[k]]


def _entry() -> Entry:
    entry = read_registry().get(NAME)
    if entry is None:
        raise ModelError(f"models/registry.toml has no {NAME}: restore it from the repository")
    return entry


@cache
def _load() -> SpeechModel:
    entry = _entry()
    verify(entry)
    return load_folder(entry.folder)
