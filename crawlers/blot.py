"""Saved pages without the people on them: what a parser takes for an author becomes a pseudonym, keys and mail go."""

from __future__ import annotations

import re
from collections.abc import Callable

from crawlers.net.redact import Redactor

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.ASCII)
_NAMED = re.compile(
    r'("(?:display_name|screen_name|nick_?name|username|avatar\w*|profile_image_url|email|phone)"\s*:\s*)"(?:[^"\\]|\\.)*"'
)
_MIN_NAME = 2  # one character is a word of every text


class Blotter:
    """Remembers the authors that a parser asks keys for, and takes them out of a page's text."""

    def __init__(self, author_key: Callable[[str, str], str], redact: Redactor) -> None:
        self._author_key, self._redact = author_key, redact
        self.names: dict[str, str] = {}

    def author(self, platform: str, name: str) -> str:
        """As the identity's own; the last part of ``site/handle`` is the handle, ``user 5`` has the number 5."""
        handle = name.rpartition("/")[2].removeprefix("user ").partition("@")[0]
        if len(handle) >= _MIN_NAME:
            self.names.setdefault(handle, f"writer{len(self.names) + 1}")
        return self._author_key(platform, name)

    def text(self, page: str) -> str:
        """``page`` with pseudonyms for handles (numbers keep their length), without secrets and mail addresses."""
        page = _NAMED.sub(r'\g<1>"-"', self._redact.text(page))
        for handle in sorted(self.names, key=len, reverse=True):
            page = _without(page, handle, self.names[handle])
        return _MAIL.sub("mail@example.invalid", page)


def _without(page: str, handle: str, pseudonym: str) -> str:
    if handle.isascii():
        new = _number(handle, pseudonym) if handle.isdigit() else pseudonym
        return re.sub(rf"(?<![A-Za-z0-9]){re.escape(handle)}(?![A-Za-z0-9])", new, page)
    return page.replace(handle, pseudonym)


def _number(handle: str, pseudonym: str) -> str:
    """Another number of the same length, the same at every place."""
    return pseudonym.removeprefix("writer").rjust(len(handle), "9")[-len(handle) :]
