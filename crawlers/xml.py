"""XML from strangers: no entities, no network, no document types; sizes are bounded before it comes here."""

from __future__ import annotations

import zlib

from lxml import etree  # type: ignore[import-untyped]  # no stubs

from crawlers.items import Answer, PageChanged

_MAX_BODY = 15_000_000
_GZIP = b"\x1f\x8b"


def load_xml(answer: Answer) -> etree._Element:
    """Root of an answer's XML, gzip files too. Raises ``PageChanged`` for anything else."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, huge_tree=False, load_dtd=False
    )
    try:
        root = etree.fromstring(_plain(answer.body), parser)
    except (etree.XMLSyntaxError, ValueError, zlib.error) as error:
        raise PageChanged(f"{answer.url}: not XML ({str(error)[:80]})") from error
    if root is None:
        raise PageChanged(f"{answer.url}: not XML")
    return root


def _plain(body: bytes) -> bytes:
    """A ``.xml.gz`` file's content, cut at the size that any page may have."""
    if not body.startswith(_GZIP):
        return body
    stream = zlib.decompressobj(31)
    plain = stream.decompress(body, _MAX_BODY)
    if stream.unconsumed_tail:
        raise ValueError(f"more than {_MAX_BODY:,} bytes once unpacked")
    return plain


def local_name(node: etree._Element) -> str:
    """A tag's name without its namespace; empty for comments and instructions."""
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def child_text(node: etree._Element, name: str) -> str | None:
    """Text of the first direct child of that name, in any namespace."""
    for child in node:
        if local_name(child) == name:
            return "".join(child.itertext()).strip() or None
    return None
