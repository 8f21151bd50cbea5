"""What the desk refused, in the reader's language: the error's code names the sentence, its values fill the blanks.

An error that people cannot mend from the desk (a damaged file, a wrong setting) has no code of its own: its class's
sentence says what to do, and the English original stands below it for whoever runs the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.times import Clock
from dashboard.words import Words
from pipeline.errors import ChengqingError

MAX_VALUE_CHARS, MAX_DETAIL_CHARS = 160, 600


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal as a page shows it; ``detail`` is English and empty where the sentence says it all."""

    text: str
    detail: str = ""


def refusal(error: ChengqingError, words: Words, desk: Desk | None = None) -> Refusal:
    """``error`` in the language of ``words``; with ``desk`` people and partners have their names, times their zone."""
    fill = _Filler(words, desk)
    values = {name: fill(name, value) for name, value in error.values.items()}
    own = error.code != type(error).code
    return Refusal(words(f"refused.{error.code}", **values), "" if own else _detail(error))


def show_refusal(words: Words, refused: Refusal, *, title: str = "", hint: str = "") -> None:
    """Put a refusal on the page."""
    show("refusal", words=words, refused=refused, title=title, hint=hint)


def _detail(error: ChengqingError) -> str:
    """The English original of what only its class says; a role or a race has nothing to add."""
    return "" if type(error).code in _SAID_ENOUGH else str(error)[:MAX_DETAIL_CHARS]


_SAID_ENOUGH = ("not_allowed", "others_first", "sign_in")


class _Filler:
    """Says the values of an error as people read them; whatever a stranger wrote stays one short line."""

    def __init__(self, words: Words, desk: Desk | None) -> None:
        self.words = words
        self.clock = desk.now() if desk else Clock.at(words, UTC, None)
        self.named: Mapping[str, Callable[[str], str]] = {
            "phase": lambda code: words.of("phase_short", code),
            "language": lambda code: words.of("speech", code),
            "field": lambda code: words.of("evidence_field", code),
        }
        if desk:
            names = {partner.id: partner.name(words.language) for partner in desk.coalition.partners}
            self.named = {
                **self.named,
                "actor": desk.name_of,
                "partner": lambda partner: names.get(partner, partner),
                "partners": lambda partner: names.get(partner, partner),
            }

    def __call__(self, name: str, value: object) -> str:
        if isinstance(value, datetime):
            return self.clock.absolute(value)
        if isinstance(value, int | float):
            return f"{value:,}"
        if isinstance(value, tuple | list):
            return self.words.listed([self(name, one) for one in value])
        text = " ".join(str(value or "")[: 4 * MAX_VALUE_CHARS].split())[:MAX_VALUE_CHARS]
        return self.named.get(name, str)(text) if text else self.words("decide.nobody")
