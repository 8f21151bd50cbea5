"""Whom the coalition trusts: a file, not code. Who is not in it is shown as what it is, somebody else's word."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.paths import CHECKOUT, DataDir
from pipeline.toml_files import read_toml

FILE = "reviews.toml"


class Standing(StrEnum):
    """How a publisher's reviews are treated."""

    TRUSTED = "trusted"  # suggested first, marked as trusted
    SHOWN = "shown"  # suggested, with its publisher's name and no mark
    HIDDEN = "hidden"  # never suggested


@dataclass(frozen=True, slots=True)
class Publisher:
    """One publisher of the list.

    ``titles`` says that its articles' titles are a bracketed verdict and the claim; ``pictures`` what the pictures in
    them mean by which it rates, by the beginning of their file names: there the whole title is the claim.
    """

    site: str
    name: str = ""
    standing: Standing = Standing.SHOWN
    titles: bool = False
    note: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trust:
    """The list of publishers by site."""

    publishers: Mapping[str, Publisher] = field(default_factory=dict)

    def of(self, site: str | None) -> Publisher | None:
        """The entry of ``site`` or of a domain above it."""
        parts = (site or "").lower().split(".")
        names = (".".join(parts[start:]) for start in range(len(parts) - 1))
        return next((self.publishers[name] for name in names if name in self.publishers), None)

    def standing(self, site: str | None) -> Standing:
        """How this site's reviews are treated; ``SHOWN`` for one that is not listed."""
        found = self.of(site)
        return found.standing if found else Standing.SHOWN


def load_trust(data: DataDir) -> Trust:
    """The list of this data folder, else the shipped one; ``UsageError`` names file and fix."""
    own = data.root / FILE
    path = own if own.exists() else CHECKOUT / "data" / FILE
    if not path.exists():
        return Trust()
    rows = read_toml(path).get("publisher", [])
    listed = [_publisher(path, row) for row in rows]
    twice = sorted({p.site for p in listed if [q.site for q in listed].count(p.site) > 1})
    if twice:
        raise UsageError(f"{path}: {', '.join(twice)} stands there twice; keep one")
    return Trust({one.site: one for one in listed})


def trust_digest(data: DataDir) -> str:
    """What the list says, for the key of results that show it."""
    rows = [
        [p.site, p.name, p.standing.value, p.titles, dict(p.pictures)]
        for p in load_trust(data).publishers.values()
    ]
    return json.dumps(sorted(rows, key=str), ensure_ascii=False, sort_keys=True)


_SITE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def _publisher(path: Path, row: object) -> Publisher:
    if not isinstance(row, dict) or not _SITE.fullmatch(str(row.get("site", ""))):
        raise UsageError(f'{path}: every [[publisher]] needs site = "host.example"')
    unknown = sorted(set(row) - set(Publisher.__dataclass_fields__))
    if unknown:
        raise UsageError(f"{path}: publisher {row['site']} has {', '.join(unknown)}, which is not known")
    try:
        standing = Standing(row.get("standing", "shown"))
    except ValueError as error:
        raise UsageError(
            f"{path}: publisher {row['site']}: standing is one of {', '.join(Standing)}"
        ) from error
    pictures = row.get("pictures", {})
    if not isinstance(pictures, dict) or not all(
        isinstance(word, str) and word for word in pictures.values()
    ):
        raise UsageError(
            f'{path}: publisher {row["site"]}: write pictures = {{ "RLight" = "False" }}: file name, verdict'
        )
    titles = row.get("titles", False) is True
    return Publisher(
        row["site"], str(row.get("name", "")), standing, titles, str(row.get("note", "")), pictures
    )
