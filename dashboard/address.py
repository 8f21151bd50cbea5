"""The address says what is shown: a link given to a colleague opens the same view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.records import Status

PAGE_ROWS = 25
MAX_TEXT = 100
MAX_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class ListView:
    """Filters and page of the ranked list; empty means no filter. What the address says is checked here."""

    platform: str = ""
    script: str = ""
    status: str = ""
    text: str = ""
    page: int = 1

    @classmethod
    def read(cls, params: Mapping[str, str]) -> ListView:
        """From an address; whatever does not fit is left out."""
        status = params.get("status", "")
        page = params.get("page", "1")
        return cls(
            platform=params.get("platform", "")[:40],
            script=params.get("script", "")[:20],
            status=status if status in set(Status) else "",
            text=params.get("text", "")[:MAX_TEXT].strip(),
            page=max(1, min(MAX_PAGE, int(page)))
            if page.isascii() and page.isdigit() and len(page) < 9
            else 1,
        )

    def params(self) -> dict[str, str]:
        """What goes into an address; defaults stay out."""
        told = {"platform": self.platform, "script": self.script, "status": self.status, "text": self.text}
        page = {"page": str(self.page)} if self.page > 1 else {}
        return {key: value for key, value in told.items() if value} | page

    def turned(self, page: int) -> ListView:
        """The same filters on another page."""
        return replace(self, page=page)

    @property
    def filtered(self) -> bool:
        """Whether anything but the page is chosen."""
        return any((self.platform, self.script, self.status, self.text))
