"""The address says what is shown: a link given to a colleague opens the same view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta

from pipeline.records import Status

PAGE_ROWS = 25
MAX_TEXT = 100
MAX_PAGE = 100_000

TIMES = {
    "active-1h": timedelta(hours=1),
    "active-6h": timedelta(hours=6),
    "active-24h": timedelta(hours=24),
    "new-1h": timedelta(hours=1),
    "new-6h": timedelta(hours=6),
    "new-24h": timedelta(hours=24),
}
"""Claims with a post in this time, or first seen in it; both before the moment that the ranking speaks about."""

ME, NOBODY = "me", "nobody"
"""Whose claims, besides a name."""

LOOKS = ("list", "cards")
AIDS = ("hans", "hant")

_LIMITS = {"platform": 40, "script": 20, "place": 60, "who": 60, "text": MAX_TEXT}
_CODES = {
    "status": frozenset(map(str, Status)),
    "time": frozenset(TIMES),
    "look": {"cards"},
    "read": frozenset(AIDS),
}


@dataclass(frozen=True, slots=True)
class ListView:
    """Filters, page and look of the ranked list; empty means no filter. What the address says is checked here."""

    platform: str = ""
    script: str = ""
    place: str = ""
    time: str = ""
    who: str = ""
    status: str = ""
    text: str = ""
    look: str = ""
    """``cards``; the dense list without."""
    read: str = ""
    """The script that Chinese text is shown in, ``hans`` or ``hant``; as written without."""
    page: int = 1

    @classmethod
    def read_from(cls, params: Mapping[str, str]) -> ListView:
        """From an address; whatever does not fit is left out."""
        texts = {name: params.get(name, "")[:most].strip() for name, most in _LIMITS.items()}
        codes = {name: params.get(name, "") for name in _CODES}
        known = {name: value if value in _CODES[name] else "" for name, value in codes.items()}
        return cls(**texts, **known, page=page_number(params.get("page", "1")))

    def params(self) -> dict[str, str]:
        """What goes into an address; defaults stay out."""
        told = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "page"}
        page = {"page": str(self.page)} if self.page > 1 else {}
        return {key: value for key, value in told.items() if value} | page

    def turned(self, page: int) -> ListView:
        """The same filters on another page."""
        return replace(self, page=page)

    @property
    def filters(self) -> dict[str, str]:
        """What narrows the list; neither page nor look."""
        return {key: value for key, value in self.params().items() if key not in {"page", "look", "read"}}

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.filters)


def page_number(told: str) -> int:
    """A page as an address names it; the first when it makes no sense."""
    return max(1, min(MAX_PAGE, int(told))) if told.isascii() and told.isdigit() and len(told) < 9 else 1
