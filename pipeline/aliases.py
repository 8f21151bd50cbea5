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
from pipeline.segment import cut
from pipeline.statements import statement
from pipeline.text.disguise import Candidate, disguises, needed
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

    A disguise is used again: what stands in a single wording, however often that is repeated, is chance. So is what
    ends inside a word of its line (周是|替子, 发|原图).

    ``texts`` are matching forms with their numbers of posts; ``known`` are aliases already approved.
    """
    lines = sorted(texts)
    found: dict[tuple[str, str], Proposal] = {}
    counted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row, candidate in _whole(lines, _doubtful(lines, words, known or {})):
        key = (candidate.seen, candidate.read)
        proposal = found.setdefault(key, Proposal(*key, candidate.kind))
        if candidate.gain > proposal.gain:
            proposal.gain, proposal.reason = round(candidate.gain, 1), candidate.kind
        if lines[row] not in counted[key]:
            counted[key].add(lines[row])
            proposal.posts += texts[lines[row]]
            if len(proposal.examples) < EXAMPLES:
                proposal.examples.append(_around(lines[row], candidate.at, candidate.seen))
    again = [proposal for key, proposal in found.items() if len(counted[key]) >= LEAST_WORDINGS]
    return sorted(again, key=lambda p: (-p.posts, -p.gain, p.seen, p.read, p.reason))


Places = list[tuple[int, Candidate]]


def _doubtful(lines: Sequence[str], words: Sequence[str], known: Mapping[str, str]) -> Places:
    """Return lines and readings that gain something and too little to be folded."""
    return [
        (row, candidate)
        for row, candidate in disguises(frozenset(words)).candidates(lines, *codes_of(lines))
        if candidate.seen not in known
        and LEAST_GAIN <= candidate.gain < needed(candidate.seen, candidate.read, candidate.kind)
    ]


def _whole(lines: Sequence[str], places: Places) -> Places:
    """Return the places that begin and end between the words of their lines."""
    rows = sorted({row for row, _ in places})
    inside = dict(
        zip(rows, map(_inside, [lines[row] for row in rows], cut([lines[row] for row in rows])), strict=True)
    )
    return [(row, c) for row, c in places if not inside[row] & {c.at, c.at + len(c.seen)}]


def _inside(line: str, words: Sequence[str]) -> set[int]:
    """Return the places of a line that lie inside one of its words."""
    places: set[int] = set()
    end = 0
    for word in words:
        start = line.index(word, end)
        end = start + len(word)
        places.update(range(start + 1, end))
    return places


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
