"""The claim that a correction answers, in its own words, beside the work on it."""

from __future__ import annotations

from dashboard import queries
from dashboard.desk import Desk
from dashboard.reading import spoken_in
from dashboard.render import show


def answering(desk: Desk, claim_id: str | None) -> None:
    """Quote the claim's exemplar, personal data masked; nothing when no claim is named or it is not published."""
    here = queries.resolve(desk.file, claim_id) if desk.file and claim_id else None
    if desk.file and here:
        (card,) = queries.cards(desk.file, [here])
        language = spoken_in(card.exemplar_script)
        show("answering", words=desk.words, text=card.exemplar_text, language=language, rank=card.rank)
