"""An incident's sources as a crawl wants them: picked by name, with complete addresses, as plain values."""

from __future__ import annotations

from typing import Any

from pipeline.errors import UnknownName, UsageError
from pipeline.incident import Incident, SourceUse


def picked(incident: Incident, names: tuple[str, ...]) -> list[SourceUse]:
    """The incident's sources called ``names``, all of them without names."""
    known = {use.name: use for use in incident.sources}
    if not known:
        raise UsageError(
            f"incident {incident.id} names no [[sources]]; add one to its file, see data/README.md"
        )
    if unknown := [name for name in names if name not in known]:
        raise UnknownName(f"incident {incident.id} has no source {unknown[0]!r}; it has: {', '.join(known)}")
    return [known[name] for name in names or known]


def parse_bases(bases: tuple[str, ...]) -> dict[str, str]:
    """``NAME=URL`` options as a mapping."""
    pairs = [base.partition("=") for base in bases]
    if any(not name or not url for name, _, url in pairs):
        raise UsageError("--base wants NAME=URL, such as --base sample=http://127.0.0.1:8700")
    return {name: url.rstrip("/") for name, _, url in pairs}


def with_base(use: SourceUse, bases: dict[str, str]) -> SourceUse:
    """A source whose url begins with ``{name}`` gets the address that the name stands for."""
    if not use.url.startswith("{"):
        return use
    name, _, rest = use.url[1:].partition("}")
    if name not in bases:
        raise UsageError(f"source {use.name} begins with {{{name}}}: pass --base {name}=URL")
    return SourceUse(use.name, use.family, bases[name] + rest, use.params)


def plain_use(use: SourceUse) -> dict[str, Any]:
    """A source as JSON values, for a child process."""
    return {"name": use.name, "family": use.family, "url": use.url, "params": use.params}
