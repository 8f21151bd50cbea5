"""Spellings that may stand for an incident's words: proposed by the machine, approved by staff, kept in its file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.duck import connect_published
from pipeline.errors import UsageError
from pipeline.incident import Incident, load_incident, save_incident_text
from pipeline.statements import statement
from pipeline.text.disguise import disguises, needed
from pipeline.text.traits import codes_of

LEAST_GAIN = 3.0
LEAST_WORDINGS = 2
"""Texts that a spelling must stand in: of 47 proposals read that stood in one, one was a disguise."""
EXAMPLES = 3
_AROUND = 10
_TABLE = re.compile(r"(?m)^[ \t]*\[aliases\][^\n]*\n")


@dataclass(slots=True)
class Proposal:
    """A spelling that could be read as a word: how, in how many posts, by how much, and where it stood."""

    seen: str
    read: str
    reason: str
    posts: int = 0
    gain: float = 0.0
    """The most that the reading gained anywhere; foldings are made from a threshold per kind on."""
    examples: list[str] = field(default_factory=list)


def spoken(published: Path) -> dict[str, int]:
    """Return the matching forms of the published posts with their numbers of posts."""
    connection = connect_published(published)
    try:
        return dict(connection.execute(statement("aliases/spoken_texts")).fetchall())
    finally:
        connection.close()


def propose(
    texts: Mapping[str, int], words: Sequence[str] = (), known: Mapping[str, str] | None = None
) -> list[Proposal]:
    """Return readings that gain something and too little to be folded, those of most posts first.

    A disguise is used again: what stands in a single wording, however often that is repeated, is chance.

    ``texts`` are matching forms with their numbers of posts; ``known`` are aliases already approved.
    """
    lines = sorted(texts)
    found: dict[tuple[str, str, str], Proposal] = {}
    counted: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row, candidate in disguises(frozenset(words)).candidates(lines, *codes_of(lines)):
        key = (candidate.seen, candidate.read, candidate.kind)
        if not LEAST_GAIN <= candidate.gain < needed(*key) or candidate.seen in (known or {}):
            continue
        proposal = found.setdefault(key, Proposal(*key))
        proposal.gain = max(proposal.gain, round(candidate.gain, 1))
        if lines[row] not in counted[key]:
            counted[key].add(lines[row])
            proposal.posts += texts[lines[row]]
            if len(proposal.examples) < EXAMPLES:
                proposal.examples.append(_around(lines[row], candidate.at, candidate.seen))
    again = [proposal for key, proposal in found.items() if len(counted[key]) >= LEAST_WORDINGS]
    return sorted(again, key=lambda p: (-p.posts, -p.gain, p.seen, p.read, p.reason))


def _around(line: str, at: int, seen: str) -> str:
    start, end = max(0, at - _AROUND), at + len(seen) + _AROUND
    return f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"


def approve(path: Path, seen: str, read: str) -> Incident:
    """Write one alias into the incident's file, whole or not at all.

    Raises ``UsageError`` where the spelling is approved already, and what ``save_incident_text`` raises.
    """
    for word in (seen, read):
        if not word.strip() or re.search(r"[\x00-\x1f\x7f]", word):
            raise UsageError(f"{word!r} is no spelling: write seen=meant, both on one line and not empty")
    standing = load_incident(path).aliases
    if seen in standing:
        raise UsageError(f"{path}: {seen} is approved already, as {standing[seen]}: change it there by hand")
    text = path.read_text(encoding="utf-8")
    line = f"{_quoted(seen)} = {_quoted(read)}\n"
    table = _TABLE.search(text)
    if not table:
        return save_incident_text(path, f"{text.rstrip()}\n\n[aliases]\n{line}")
    return save_incident_text(path, text[: table.end()] + line + text[table.end() :])


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
