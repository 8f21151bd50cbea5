"""Text at the border: HTML to plain text, bytes to characters, displayed counts to numbers."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_LINKS = 50
MAX_DEPTH = 2_000
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# Tags without anything that could hide them: `style` and `hidden` are not among the attributes
_SHOWN = r"""(?:\s+(?:href|rel|target|class|lang|dir|title|translate)\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))*\s*>"""
_PARAGRAPH = re.compile("<p" + _SHOWN)
_INLINE = re.compile("<(?:a|span|strong|b|em|i)" + _SHOWN)
_CLOSED = re.compile("</(?:a|span|strong|b|em|i)>")
_ANY_TAG = re.compile(r"<[^<>]*>")
# Tags that stay open until they are closed; the others end by themselves when their next one begins.
_NESTING_TAG = re.compile(
    r"<(/?)(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|p|li|td|th|tr|dd|dt|option)\b)[a-z]",
    re.IGNORECASE,
)
_HREF = re.compile(r"""(?i)<a\b[^<>]*?\bhref\s*=\s*["']([^"'<>]+)["']""")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_RARE_BLANKS = ("  ", "\n", "\t", "\r", "\f")
_PLAIN_TAGS = (
    ("<p>", "\n\n"),
    ("</p>", "\n\n"),
    ("<br>", "\n"),
    ("<br/>", "\n"),
    ("<br />", "\n"),
    ("</a>", ""),
)
_MANY_LINES = re.compile(r"\n{3,}")
_EDGE = "\x1e"  # a block begins or ends here: however many meet, they make one line end
_EDGES = re.compile(r"\x1e[\x1e \t]*")
_CHARSET = re.compile(rb"""(?i)(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_-]{2,20})""")
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
}
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
    }
    | {
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "pre",
        "section",
        "table",
    }
    | {"tr", "ul"}
)
_SKIPPED = frozenset({"script", "style", "template", "noscript", "iframe", "object", "head", "title"})


def clean(text: str) -> str:
    """``text`` without NUL, and with U+FFFD for halves of surrogate pairs: both break what reads it later."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _SURROGATE.sub("\ufffd", text)
    return text


def decode(body: bytes, content_type: str = "", default: str = "utf-8") -> str:
    """A page's characters: by BOM, then header, then meta tag; GBK pages are read as GB18030."""
    return decoded(body, content_type, default)[0]


def decoded(body: bytes, content_type: str = "", default: str = "utf-8") -> tuple[str, str]:
    """A page's characters, and the encoding in which they were read."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            return body.decode(name, "replace"), name
    found = _CHARSET.search(content_type.encode("latin-1", "ignore")) or _CHARSET.search(body[:2048])
    name = found[1].decode("ascii").lower() if found else default
    try:
        return body.decode(_WIDER.get(name, name), "replace"), _WIDER.get(name, name)
    except LookupError:
        return body.decode(default, "replace"), default


def html_to_text(fragment: str) -> str:
    """What a reader sees of an HTML fragment: lines and paragraphs kept, hidden parts dropped."""
    if "<" not in fragment:
        return _BLANKS.sub(" ", html.unescape(fragment)).strip()
    plain = _unmarked(fragment)
    if "<" not in plain:
        return tidy(html.unescape(plain))
    if is_too_deep(fragment):
        return tidy(html.unescape(_ANY_TAG.sub(" ", fragment)))
    root = LexborHTMLParser(fragment).body
    return node_text(root) if root is not None else ""


def _unmarked(fragment: str) -> str:
    """Most posts are paragraphs with links: their text without a parser; other tags are left where they stand."""
    if any(blank in fragment for blank in _RARE_BLANKS):
        fragment = _BLANKS.sub(" ", fragment)
    for tag, shown in _PLAIN_TAGS:
        fragment = fragment.replace(tag, shown)
    if "<" not in fragment:
        return fragment
    return _CLOSED.sub("", _INLINE.sub("", _PARAGRAPH.sub("\n\n", fragment)))


def is_too_deep(markup: str) -> bool:
    """Whether tags are nested so deep that an HTML parser would take minutes: its time grows with depth squared."""
    depth = 0
    for tag in _NESTING_TAG.finditer(markup):
        depth += -1 if tag[1] else 1
        if depth > MAX_DEPTH:
            return True
        depth = max(depth, 0)
    return False


def tidy(text: str) -> str:
    """Lines without blanks at their ends, at most one empty line in a row."""
    if _EDGE in text:
        text = _EDGES.sub("\n", text)
    text = text.strip()
    if "\n" not in text:
        return text
    return _MANY_LINES.sub("\n\n", "\n".join([line.strip(" \t") for line in text.split("\n")]))


def node_text(root: LexborNode, skip: Iterable[LexborNode] = ()) -> str:
    """Text of a parsed node, without ``skip``; walks without recursion, so depth is no danger."""
    parts: list[str] = []
    skipped = {node.mem_id for node in skip}
    node: LexborNode | None = root.child
    depth = 1
    while node is not None and depth > 0:
        enter = node.mem_id not in skipped and _open(node, parts)
        if enter and node.child is not None:
            node, depth = node.child, depth + 1
            continue
        _close(node, parts)
        while node is not None and node.next is None and depth > 0:
            node, depth = node.parent, depth - 1
            if node is not None and depth > 0:
                _close(node, parts)
        node = node.next if node is not None and depth > 0 else None
    return tidy("".join(parts))


def _open(node: LexborNode, parts: list[str]) -> bool:
    """Write what stands before a node's children; whether to go into it."""
    tag = node.tag or ""
    if tag == "-text":
        parts.append(_BLANKS.sub(" ", node.text_content or ""))
        return False
    if tag in _SKIPPED or tag.startswith(("-", "!")) or _invisible(node):
        return False
    if tag == "br":
        parts.append("\n")
    elif tag == "img":
        parts.append(node.attributes.get("alt") or "")
    else:
        parts.append(" " if tag in {"td", "th"} else _break(tag))
    return True


def _close(node: LexborNode, parts: list[str]) -> None:
    parts.append(_break(node.tag or ""))


def _break(tag: str) -> str:
    if tag == "p":
        return "\n\n"
    return _EDGE if tag in _BLOCKS else ""


def _invisible(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    style = (attributes.get("style") or "").replace(" ", "").lower()
    return "hidden" in attributes or "display:none" in style or "jammer" in (attributes.get("class") or "")


def links_of(fragment: str) -> tuple[str, ...]:
    """Web addresses that a fragment links to, in order, each once, at most ``MAX_LINKS``."""
    if "<a" not in fragment and "<A" not in fragment:
        return ()
    found = [html.unescape(href).strip() for href in _HREF.findall(fragment)]
    web = [clean(link) for link in found if link.startswith(("http://", "https://"))]
    return tuple(dict.fromkeys(web))[:MAX_LINKS]


_COUNT = re.compile(r"(\d+(?:,\d{3})*(?:\.\d+)?)\s*([万萬亿億wWkKmMbB]|千)?\s*(\+)?")
_SIZE = {"万": 10_000, "萬": 10_000, "w": 10_000, "亿": 10**8, "億": 10**8, "千": 1_000}
_SIZE |= {"k": 1_000, "m": 10**6, "b": 10**9}
MAX_COUNT = 2**53


def images_of(fragment: str) -> tuple[str, ...]:
    """Web addresses of the pictures of a piece of HTML in its order, also of those that a page loads late."""
    if "<img" not in fragment.lower() or is_too_deep(fragment):
        return ()
    named = ("data-lazy-src", "data-src", "src")
    nodes = LexborHTMLParser(fragment).css("img")
    found = (next((one.attributes[n] for n in named if one.attributes.get(n)), None) for one in nodes)
    return tuple(dict.fromkeys(url for url in found if url and url.startswith(("http://", "https://"))))


def parse_count(shown: object) -> tuple[int | None, bool]:
    """A displayed count and whether it was rounded: ``1.2万`` is (12000, True), ``""`` and ``赞`` are (None, False)."""
    if type(shown) is int and 0 <= shown <= MAX_COUNT:
        return shown, False
    if isinstance(shown, bool) or shown is None:
        return None, False
    if isinstance(shown, int | float):
        whole = int(shown) if abs(shown) <= MAX_COUNT else -1  # not a number compares as false
        return (whole, False) if whole >= 0 else (None, False)
    if not isinstance(shown, str) or len(shown) > 40:
        return None, False
    found = _COUNT.fullmatch(unicodedata.normalize("NFKC", shown).strip())
    if not found:
        return None, False
    unit = (found[2] or "").lower()
    number = round(float(found[1].replace(",", "")) * _SIZE.get(unit, 1))
    return (number, bool(unit or found[3])) if number <= MAX_COUNT else (None, False)
