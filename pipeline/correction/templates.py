"""Templates of corrections, one file per situation: which lines, in which order, and what to think of in each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.correction.document import Document, Line, Part
from pipeline.errors import DraftError
from pipeline.paths import CHECKOUT

FOLDER = CHECKOUT / "data" / "templates"


@dataclass(frozen=True, slots=True)
class Slot:
    """One line of a template: a hint for whoever writes it, and perhaps words to begin with."""

    part: Part
    hints: Mapping[str, str]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Template:
    """A situation's lines in order."""

    id: str
    names: Mapping[str, str]
    order_from: str
    """Where the order of its parts comes from."""
    slots: tuple[Slot, ...]


@cache
def templates(folder: Path = FOLDER) -> tuple[Template, ...]:
    """Every template of the folder, ``general`` first; a file that cannot be read is an error with its name."""
    found = [_read(path) for path in sorted(folder.glob("*.toml"))]
    return tuple(sorted(found, key=lambda template: (template.id != "general", template.id)))


def template(situation: str) -> Template:
    """The template of a situation; ``DraftError`` when there is none."""
    for found in templates():
        if found.id == situation:
            return found
    raise DraftError(
        f"no template {situation!r}; there are: {', '.join(t.id for t in templates())}",
        code="template_unknown",
    )


def begin(situation: str) -> Document:
    """A draft with the template's lines and its words, nothing cited and nothing rated yet."""
    slots = template(situation).slots
    lines = tuple(Line(f"s{n}", slot.part, dict(slot.texts)) for n, slot in enumerate(slots, 1))
    return Document(situation, lines=lines)


def hint(situation: str, place: int, part: Part, language: str) -> str:
    """What to think of when writing the line at ``place``; empty when people have rearranged the lines."""
    slots = template(situation).slots
    same = place < len(slots) and slots[place].part is part
    found = slots[place] if same else next((s for s in slots if s.part is part), None)
    return found.hints.get(language, "") if found else ""


def _read(path: Path) -> Template:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        slots = tuple(_slot(row) for row in told["lines"])
        return Template(path.stem, dict(told["name"]), str(told["order_from"]), slots)
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise DraftError(
            f"{path}: {error}; a template has name, order_from and [[lines]] with part and hint",
            code="settings_file",
            file=path.name,
        ) from error


def _slot(row: Mapping[str, Any]) -> Slot:
    return Slot(Part(row["part"]), dict(row["hint"]), dict(row.get("text", {})))
