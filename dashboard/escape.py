"""The one border between strangers' text and our pages.

Templates escape HTML by themselves (Jinja's autoescape); what is added here is what HTML escaping leaves in:
control characters, direction overrides, broken surrogates, and addresses that are not web addresses.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup, escape

BIDI = {
    "\u061c": "ALM",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
}
"""Direction controls: they can make a text read as its opposite, or swallow what stands after it."""

ZERO_WIDTH = {"\u200b": "ZWSP", "\u2060": "WJ", "\ufeff": "BOM", "\u00ad": "SHY", "\u180e": "MVS"}
"""Characters without width that split a word for machines and not for readers. Joiners of emoji are not here."""

MAX_URL_CHARS = 2_000

_NOT_IN_URLS = re.compile(r"[\s\"<>\\^`{|}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE = re.compile("\r\n|[\u2028\u2029\x85]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HIDDEN = re.compile("[" + "".join((*BIDI, *ZERO_WIDTH)) + "]")
_NAMES = BIDI | ZERO_WIDTH


def plain(text: str) -> str:
    """``text`` with nothing left that acts: for attributes, labels and titles, before HTML escaping.

    Broken surrogates become U+FFFD, control characters their pictures (␛), direction controls their names;
    characters without width go.
    """
    return _HIDDEN.sub(_named, _printable(text))


def marked(text: str) -> Markup:
    """``text`` escaped for the inside of an element, with each hidden character made visible.

    A fact-checker sees that a word was split or turned around; the page's direction stays as it was.
    """
    pieces = re.split(f"({_HIDDEN.pattern})", _printable(text))
    return Markup("").join(_mark(p) if p in _NAMES else escape(p) for p in pieces)


def _printable(text: str) -> str:
    return _CONTROL.sub(_picture, _SURROGATE.sub("\ufffd", _LINE.sub("\n", text)))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def _named(found: re.Match[str]) -> str:
    name = BIDI.get(found[0])
    return f"⟪{name}⟫" if name else ""


def _mark(character: str) -> Markup:
    values = {"name": _NAMES[character], "code": f"U+{ord(character):04X}"}
    return Markup('<span class="hid" title="{code}">{name}</span>').format(**values)


def web_address(url: str | None) -> str | None:
    """``url`` when it is a plain http or https address with a host, else None: nothing else becomes a link."""
    if not url or len(url) > MAX_URL_CHARS or plain(url) != url or _NOT_IN_URLS.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None  # reading the port checks it
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and host and "@" not in parts.netloc else None


def host_of(url: str) -> str:
    """The host (and port, when told) that a browser would really ask, look-alike letters shown as ``xn--…``."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        shown = host.encode("idna").decode("ascii")
    except UnicodeError:
        shown = host.encode("ascii", "backslashreplace").decode("ascii")
    return f"{shown}:{parts.port}" if parts.port else shown


def leaving(url: str) -> str:
    """Address of our page that says where ``url`` leads, before anybody goes there."""
    return f"/desk/leave?{urlencode({'to': url})}"
