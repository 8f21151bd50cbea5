"""Notes on a claim: a conversation beside the decision, with mentions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import StoreError
from pipeline.ledger.items import Items
from pipeline.ledger.store import Event

MAX_NOTE_CHARS = 20_000
MAX_MENTIONS = 20

_MENTION = re.compile(r"(?:^|(?<=[\s，。、：；（(]))[@＠]([\w][\w.-]{0,59})")


@dataclass(frozen=True, slots=True)
class Note:
    """What one person wrote; ``mentions`` are the names it calls, as written."""

    event_id: int
    claim_id: str
    author: str
    written_at: datetime
    text: str
    mentions: tuple[str, ...]


class Notes(Items):
    """Reads and appends notes."""

    KIND = "note"

    def write(self, incident: str, claim_id: str, text: str, *, author: str) -> int:
        """Append a note and return its number; raises ``StoreError`` when it is empty or too long."""
        text = text.strip()
        if not text or len(text) > MAX_NOTE_CHARS:
            raise StoreError(
                f"a note has 1 to {MAX_NOTE_CHARS} characters; this one has {len(text)}",
                code="note_length",
                given=len(text),
                most=MAX_NOTE_CHARS,
            )
        values = {"text": text, "mentions": mentions(text)}
        return self.put(incident, claim_id, values, actor=author)

    def of(self, incident: str, claim_id: str | None = None) -> list[Note]:
        """Notes that stand, oldest first; of the whole incident without ``claim_id``."""
        return [_note(event) for event in self.standing(incident, claim_id)]


def mentions(text: str) -> list[str]:
    """Names after an @, each once, in the order written; addresses such as a@b.example are none."""
    return list(dict.fromkeys(name.rstrip(".-") for name in _MENTION.findall(text)))[:MAX_MENTIONS]


def calling(notes: Iterable[Note], names: Iterable[str]) -> list[Note]:
    """The notes that mention somebody who goes by one of ``names``, and that others wrote."""
    wanted = {name.casefold() for name in names if name}
    return [
        note
        for note in notes
        if wanted & {name.casefold() for name in note.mentions} and note.author.casefold() not in wanted
    ]


def _note(event: Event) -> Note:
    told = event.payload
    return Note(
        event.event_id,
        event.claim_id or "",
        event.actor,
        event.decided_at,
        str(told["text"]),
        tuple(told["mentions"]),
    )
